using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class NewEnumValue() : ActRule(ActKind.AddsEnumValue)
{
    public override RuleInfo Info { get; } = new("new-enum-value", Severity.Info, LockLevel.None)
    {
        Title = "The running image does not know the new enum value",
        Prevents = "readers of the old image that meet it",
        Remedy = "Release the readers first; a value can not be removed",
        Manual = "sql-altertype",
    };

    protected override string Message(Act act) =>
        $"A value added to {act.Table} can not be removed again, and the image that runs now does not know {act.Object}.";
}

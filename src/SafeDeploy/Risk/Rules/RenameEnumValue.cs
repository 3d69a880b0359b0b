using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RenameEnumValue() : ActRule(ActKind.RenamesEnumValue)
{
    public override RuleInfo Info { get; } = new("rename-enum-value", Severity.High, LockLevel.None)
    {
        Title = "An enum value is renamed under the running image",
        Prevents = "comparisons and INSERTs with the old word",
        Remedy = "Add the new value, move rows, stop using the old one",
        Manual = "sql-altertype",
    };

    protected override string Message(Act act) =>
        $"The image that runs now still writes {act.Object}.";
}

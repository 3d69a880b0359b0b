using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropRoutine() : ActRule(ActKind.DropsRoutine)
{
    public override RuleInfo Info { get; } = new("drop-routine", Severity.High, LockLevel.None)
    {
        Title = "A function is dropped",
        Prevents = "every call by the running image, by triggers and defaults",
        Remedy = "Drop it in the release after the last that calls it",
        Manual = "sql-dropfunction",
    };

    protected override string Message(Act act) =>
        $"The image that runs now may still call {act.Table}.";
}

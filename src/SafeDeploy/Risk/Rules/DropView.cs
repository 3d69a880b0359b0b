using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropView() : ActRule(ActKind.DropsView)
{
    public override RuleInfo Info { get; } = new("drop-view", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A view is dropped",
        Prevents = "every query of the running image that reads it",
        Remedy = "Drop it in the release after the last that reads it",
        Manual = "sql-dropview",
    };

    protected override string Message(Act act) =>
        $"The image that runs now may still read {act.Table}.";
}

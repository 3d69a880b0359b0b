using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropDefault() : ActRule(ActKind.DropsDefault, ActKind.DropsIdentity)
{
    public override RuleInfo Info { get; } = new("drop-default", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "Without its default, old INSERTs may fail",
        Prevents = "INSERTs of the running image that leave the column out",
        Remedy = "Drop it in the release after the last that relies on it",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"INSERTs of the image that runs now may leave {act.Object} of {act.Table} out.";
}

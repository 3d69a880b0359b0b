using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropSequence() : ActRule(ActKind.DropsSequence)
{
    public override RuleInfo Info { get; } = new("drop-sequence", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "A sequence is dropped",
        Prevents = "its last value; INSERTs that take numbers from it",
        Remedy = "Drop it in the release after the last that uses it",
        Manual = "sql-dropsequence",
    };

    protected override string Message(Act act) =>
        $"The position of {act.Table} is lost, and whoever takes numbers from it fails.";
}

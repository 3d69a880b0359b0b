using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class SetNotNullWithoutProof() : ActRule(ActKind.SetsNotNull)
{
    public override RuleInfo Info { get; } = new("set-not-null-without-proof", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "SET NOT NULL reads the table under the strongest lock",
        Prevents = "reads and writes of the table until it is read to its end",
        Remedy = "Prove it with a CHECK … NOT VALID that is validated before",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"SET NOT NULL on {act.Object} reads all of {act.Table} under ACCESS EXCLUSIVE.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        Remedies.NotNull(act);
}

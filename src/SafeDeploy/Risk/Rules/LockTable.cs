using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class LockTable() : ActRule(ActKind.LocksTable)
{
    public override RuleInfo Info { get; } = new("lock-table", Severity.Medium, LockLevel.None)
    {
        Title = "LOCK TABLE in a migration",
        Prevents = "whoever needs a conflicting lock until COMMIT",
        Remedy = "Let each statement take its own lock",
        Manual = "sql-lock",
    };

    protected override bool Applies(Act act, JudgedStatement statement) =>
        base.Applies(act, statement) && statement.Effect.BlocksWrites;

    protected override string Message(Act act) =>
        $"LOCK TABLE holds {act.Object} on {act.Table} until the transaction ends.";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class GuardStillTakesTheLock() : ActRule(ActKind.ExistenceGuardStillLocks)
{
    public override RuleInfo Info { get; } = new("guard-still-takes-the-lock", Severity.Info, LockLevel.AccessExclusive)
    {
        Title = "IF [NOT] EXISTS takes the lock even when there is nothing to do",
        Prevents = "the same as the statement without the guard, for a moment",
        Remedy = "Leave the statement out",
        Manual = "sql-altertable",
    };

    protected override bool Applies(Act act, JudgedStatement statement) =>
        base.Applies(act, statement) && statement.Effect.StrongestLock >= LockLevel.Share;

    protected override string Message(Act act) =>
        $"There is nothing to do for {act.Object}, but the lock on {act.Table} is taken all the same.";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class VacuumFull() : ActRule(ActKind.VacuumsFull)
{
    public override RuleInfo Info { get; } = new("vacuum-full", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "VACUUM FULL locks everybody out",
        Prevents = "reads and writes of the table until it is copied",
        Remedy = "Use plain VACUUM, or a repacking tool",
        Manual = "sql-vacuum",
    };

    protected override string Message(Act act) =>
        $"VACUUM FULL copies {act.Table} under ACCESS EXCLUSIVE.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"VACUUM {act.Table};";
}

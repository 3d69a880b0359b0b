using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class CreateIndexOnPartitionedTable() : ActRule(ActKind.FansOutToChildren)
{
    public override RuleInfo Info { get; } = new("create-index-on-partitioned-table", Severity.High, LockLevel.Share)
    {
        Title = "An index is built on every partition at once",
        Prevents = "writes to all partitions until all of them are read",
        Remedy = "CREATE INDEX ON ONLY the parent, CREATE INDEX CONCURRENTLY on each partition, ALTER INDEX … ATTACH PARTITION",
        Manual = "ddl-partitioning",
    };

    protected override bool Applies(Act act, JudgedStatement statement) =>
        base.Applies(act, statement) && statement.Effect.Acts.Any(a => a.Kind == ActKind.CreatesIndex && a.Table == act.Table);

    protected override string Message(Act act) =>
        $"The index is built on all {act.Other} partitions of {act.Table} in one go: writes to every one of them wait until the last is read.";
}

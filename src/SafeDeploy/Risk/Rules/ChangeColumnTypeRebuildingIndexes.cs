using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class ChangeColumnTypeRebuildingIndexes() : ActRule(ActKind.ChangesTypeRebuildingIndexes)
{
    public override RuleInfo Info { get; } = new("change-column-type-rebuilding-indexes", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "This type change rebuilds indexes",
        Prevents = "reads and writes of the table until its indexes are built",
        Remedy = "Add a column of the new type and index it concurrently",
        Manual = "sql-altertable",
    };

    protected override bool Applies(Act act, JudgedStatement statement) =>
        base.Applies(act, statement) && !statement.Effect.Scans.IsEmpty;

    protected override string Message(Act act) =>
        $"Changing {act.Object} to {act.Other} leaves the rows alone but rebuilds its indexes under ACCESS EXCLUSIVE on {act.Table}.";
}

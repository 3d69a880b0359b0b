using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DeleteRows() : ActRule(ActKind.DeletesSome)
{
    public override RuleInfo Info { get; } = new("delete-rows", Severity.Medium, LockLevel.RowExclusive)
    {
        Title = "Rows are deleted",
        Prevents = "the rows: no rollback script brings them back",
        Remedy = "Copy them aside before",
        Manual = "sql-delete",
    };

    protected override string Message(Act act) =>
        $"Rows of {act.Table} are deleted; no rollback script brings them back.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"CREATE TABLE {act.Table}_deleted AS SELECT * FROM {act.Table} WHERE …; -- the same condition, before the DELETE";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropTable() : ActRule(ActKind.DropsTable)
{
    public override RuleInfo Info { get; } = new("drop-table", Severity.Critical, LockLevel.AccessExclusive)
    {
        Title = "A table is dropped",
        Prevents = "the rows for ever; the image that still reads it",
        Remedy = "Rename it, wait a release, take a backup, then drop",
        Manual = "sql-droptable",
    };

    protected override string Message(Act act) =>
        $"{act.Table} and its rows are gone; the image that runs now may still read it.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"ALTER TABLE {act.Table} RENAME TO {Remedies.Quote(act.Table.Name + "_dropped")}; -- in the contract phase; drop it a release later";
}

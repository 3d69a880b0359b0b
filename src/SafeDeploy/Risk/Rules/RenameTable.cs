using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RenameTable() : ActRule(ActKind.RenamesTable)
{
    public override RuleInfo Info { get; } = new("rename-table", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A table is renamed under the running image",
        Prevents = "every query of the image that runs now",
        Remedy = "Rename, and leave a view with the old name until the next release",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The image that runs now asks for {act.Table}, which is then called {act.Object}.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"ALTER TABLE {act.Table} RENAME TO {Remedies.Quote(act.Object)};\nCREATE VIEW {act.Table} AS SELECT * FROM {act.Table.Schema}.{Remedies.Quote(act.Object)}; -- dropped in the next release";
}

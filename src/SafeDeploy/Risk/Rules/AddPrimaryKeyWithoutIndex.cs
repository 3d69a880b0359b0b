using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddPrimaryKeyWithoutIndex() : ActRule(ActKind.AddsPrimaryKey)
{
    public override RuleInfo Info { get; } = new("add-primary-key-without-index", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A primary key builds its index under the strongest lock",
        Prevents = "reads and writes of the table until the index is built",
        Remedy = "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD PRIMARY KEY USING INDEX",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Adding {act.Object} builds its index under ACCESS EXCLUSIVE on {act.Table}: nobody reads or writes until it is done.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"CREATE UNIQUE INDEX CONCURRENTLY {Remedies.Quote(act.Object)} ON {act.Table} ({act.Other}); -- in a migration of its own\nALTER TABLE {act.Table} ADD CONSTRAINT {Remedies.Quote(act.Object)} PRIMARY KEY USING INDEX {Remedies.Quote(act.Object)};";
}

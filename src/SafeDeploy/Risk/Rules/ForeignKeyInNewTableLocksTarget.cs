using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class ForeignKeyInNewTableLocksTarget() : ActRule(ActKind.AddsForeignKeyInNewTable)
{
    public override RuleInfo Info { get; } = new("foreign-key-in-new-table-locks-target", Severity.Info, LockLevel.ShareRowExclusive)
    {
        Title = "A foreign key in a new table locks its target",
        Prevents = "writes to the referenced table until COMMIT",
        Remedy = "Commit at once, or add the key NOT VALID in a migration of its own",
        Manual = "sql-createtable",
    };

    protected override string Message(Act act) =>
        $"The new table refers to {act.Other}: writes to {act.Other} wait until this transaction commits.";
}

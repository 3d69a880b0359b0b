using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropForeignKeyLocksTarget() : ActRule(ActKind.DropsForeignKey)
{
    public override RuleInfo Info { get; } = new("drop-foreign-key-locks-target", Severity.Low, LockLevel.AccessExclusive)
    {
        Title = "Dropping a foreign key locks the referenced table too",
        Prevents = "reads and writes of both tables for a moment",
        Remedy = "Give it a short transaction of its own",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Dropping {act.Object} takes ACCESS EXCLUSIVE on {act.Table} and on the referenced table{(act.Other.Length > 0 ? " " + act.Other : "")}.";
}

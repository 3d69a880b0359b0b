using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddExclusionConstraint() : ActRule(ActKind.AddsExclusion)
{
    public override RuleInfo Info { get; } = new("add-exclusion-constraint", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "An exclusion constraint can not be added online",
        Prevents = "reads and writes of the table until its index is built",
        Remedy = "Make a new table with the constraint, copy in batches, swap; or use a maintenance window",
        Manual = "sql-createtable",
    };

    protected override string Message(Act act) =>
        $"Adding {act.Object} builds an index under ACCESS EXCLUSIVE on {act.Table}; there is no online way.";
}

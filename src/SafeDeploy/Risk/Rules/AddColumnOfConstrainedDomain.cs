using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddColumnOfConstrainedDomain() : ActRule(ActKind.AddsColumnOfConstrainedDomain)
{
    public override RuleInfo Info { get; } = new("add-column-of-constrained-domain", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A column of a constrained domain rewrites the table even without a default",
        Prevents = "reads and writes of the table until every row is written anew",
        Remedy = "Use the base type with a CHECK … NOT VALID",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The domain {act.Other} has constraints: adding {act.Object} rewrites {act.Table} under ACCESS EXCLUSIVE, default or not.";
}

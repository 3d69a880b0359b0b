using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class ChangeColumnTypeRewriting() : ActRule(ActKind.ChangesTypeRewriting)
{
    public override RuleInfo Info { get; } = new("change-column-type-rewriting", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "This type change rewrites the table",
        Prevents = "reads and writes of the table until every row is written anew",
        Remedy = "Add a column of the new type, write both, fill in batches, swap in a later release",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Changing {act.Object} to {act.Other} rewrites {act.Table} and its indexes under ACCESS EXCLUSIVE.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"ALTER TABLE {act.Table} ADD COLUMN {Remedies.Quote(act.Object + "_new")} {act.Other}; -- write both, fill in batches, swap in a later release";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddGeneratedColumn() : ActRule(ActKind.AddsColumnGenerated)
{
    public override RuleInfo Info { get; } = new("add-generated-column", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A stored generated column rewrites the table",
        Prevents = "reads and writes of the table until every row is written anew",
        Remedy = "Add a plain column, keep it by a trigger, fill old rows in batches",
        Manual = "ddl-generated-columns",
    };

    protected override string Message(Act act) =>
        $"{act.Object} is computed for each row: {act.Table} is rewritten under ACCESS EXCLUSIVE.";
}

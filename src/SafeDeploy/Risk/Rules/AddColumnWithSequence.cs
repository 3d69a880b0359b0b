using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddColumnWithSequence() : ActRule(ActKind.AddsColumnSerial)
{
    public override RuleInfo Info { get; } = new("add-column-with-sequence", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A serial or identity column rewrites the table",
        Prevents = "reads and writes of the table until every row is written anew",
        Remedy = "Add a plain bigint, give it a sequence as default, fill old rows in batches",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Every old row of {act.Table} gets a number for {act.Object}: the table is rewritten under ACCESS EXCLUSIVE.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"ALTER TABLE {act.Table} ADD COLUMN {Remedies.Quote(act.Object)} bigint;\nCREATE SEQUENCE {act.Table}_{act.Object}_seq OWNED BY {act.Table}.{act.Object};\nALTER TABLE {act.Table} ALTER COLUMN {Remedies.Quote(act.Object)} SET DEFAULT nextval('{act.Table}_{act.Object}_seq'); -- then fill old rows in batches";
}

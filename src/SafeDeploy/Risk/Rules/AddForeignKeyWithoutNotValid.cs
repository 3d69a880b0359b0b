using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddForeignKeyWithoutNotValid() : ActRule(ActKind.AddsForeignKey)
{
    public override RuleInfo Info { get; } = new("add-foreign-key-without-not-valid", Severity.High, LockLevel.ShareRowExclusive)
    {
        Title = "A foreign key is proved while writers of both tables wait",
        Prevents = "writes to both tables until every row is looked up",
        Remedy = "ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in the next migration",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Adding {act.Object} holds SHARE ROW EXCLUSIVE on {act.Table} and on {act.Other}: writes to both wait until every row is looked up.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        Remedies.NotValid(statement.Sql, act);
}

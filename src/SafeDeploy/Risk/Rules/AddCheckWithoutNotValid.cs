using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class AddCheckWithoutNotValid() : ActRule(ActKind.AddsCheck)
{
    public override RuleInfo Info { get; } = new("add-check-without-not-valid", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A check constraint reads the table under the strongest lock",
        Prevents = "reads and writes of the table until it is read to its end",
        Remedy = "ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in the next migration",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"Adding {act.Object} reads all of {act.Table} under ACCESS EXCLUSIVE.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        Remedies.NotValid(statement.Sql, act);
}

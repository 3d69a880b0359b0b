using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class PrimaryKeyFromNullableIndex() : ActRule(ActKind.AddsPrimaryKeyFromNullableIndex)
{
    public override RuleInfo Info { get; } = new("primary-key-from-nullable-index", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A primary key over nullable columns reads the whole table",
        Prevents = "reads and writes of the table until it is read to its end",
        Remedy = "SET NOT NULL through a valid CHECK first",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The columns of {act.Object} may be NULL: the primary key reads all of {act.Table} under ACCESS EXCLUSIVE.";
}

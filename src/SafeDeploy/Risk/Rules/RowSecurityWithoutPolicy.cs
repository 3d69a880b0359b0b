using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RowSecurityWithoutPolicy() : ActRule(ActKind.EnablesRowSecurityWithoutPolicy)
{
    public override RuleInfo Info { get; } = new("row-security-without-policy", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "Row security without a policy hides every row",
        Prevents = "all rows from everybody but the owner",
        Remedy = "CREATE POLICY before",
        Manual = "ddl-rowsecurity",
    };

    protected override string Message(Act act) =>
        $"{act.Table} has no policy: from now on nobody but its owner sees a row.";
}

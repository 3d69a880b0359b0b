using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DisableRowSecurity() : ActRule(ActKind.DisablesRowSecurity)
{
    public override RuleInfo Info { get; } = new("disable-row-security", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "Row security is switched off",
        Prevents = "nothing any more: every row is seen by whoever may read the table",
        Remedy = "Keep it on",
        Manual = "ddl-rowsecurity",
    };

    protected override string Message(Act act) =>
        $"Policies of {act.Table} no longer keep anybody out.";
}

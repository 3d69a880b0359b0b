using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class GrantToPublic() : ActRule(ActKind.GrantsToPublic)
{
    public override RuleInfo Info { get; } = new("grant-to-public", Severity.Medium, LockLevel.None)
    {
        Title = "A privilege for everybody",
        Prevents = "nothing: every role may from now on",
        Remedy = "Name the role",
        Manual = "sql-grant",
    };

    protected override string Message(Act act) =>
        "Every role, also those of other tenants, gets the privilege.";
}

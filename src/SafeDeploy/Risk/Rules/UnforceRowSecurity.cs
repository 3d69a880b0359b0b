using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class UnforceRowSecurity() : ActRule(ActKind.UnforcesRowSecurity)
{
    public override RuleInfo Info { get; } = new("unforce-row-security", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "The owner is no longer held by row security",
        Prevents = "nothing any more for the owner",
        Remedy = "Keep FORCE",
        Manual = "ddl-rowsecurity",
    };

    protected override string Message(Act act) =>
        $"The owner of {act.Table}, often the application itself, sees every row from now on.";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DisableAllTriggers() : ActRule(ActKind.DisablesAllTriggers)
{
    public override RuleInfo Info { get; } = new("disable-all-triggers", Severity.High, LockLevel.ShareRowExclusive)
    {
        Title = "Foreign keys are switched off",
        Prevents = "nothing any more: rows may point nowhere",
        Remedy = "Disable the one trigger by name",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"DISABLE TRIGGER ALL on {act.Table} also switches its foreign keys off.";
}

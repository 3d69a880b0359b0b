using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class UsingOverwritesValues() : ActRule(ActKind.OverwritesByUsing)
{
    public override RuleInfo Info { get; } = new("using-overwrites-values", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "USING replaces every value",
        Prevents = "the old values: nothing brings them back",
        Remedy = "Write the new values into a new column",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"USING computes {act.Object} of {act.Table} anew: the old values are gone after COMMIT.";
}

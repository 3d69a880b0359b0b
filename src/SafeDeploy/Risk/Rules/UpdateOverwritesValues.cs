using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class UpdateOverwritesValues() : ActRule(ActKind.UpdatesSome)
{
    public override RuleInfo Info { get; } = new("update-overwrites-values", Severity.Medium, LockLevel.RowExclusive)
    {
        Title = "UPDATE overwrites values",
        Prevents = "the old values: no rollback script brings them back",
        Remedy = "Keep the old values in a column of their own",
        Manual = "sql-update",
    };

    protected override string Message(Act act) =>
        $"Values of {act.Object} in {act.Table} are overwritten; no rollback script brings them back.";
}

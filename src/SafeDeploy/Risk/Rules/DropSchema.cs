using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropSchema() : ActRule(ActKind.DropsSchema)
{
    public override RuleInfo Info { get; } = new("drop-schema", Severity.Critical, LockLevel.AccessExclusive)
    {
        Title = "A whole schema is dropped",
        Prevents = "everything in it, for ever",
        Remedy = "Rename it, keep it for a while, drop it after a backup",
        Manual = "sql-dropschema",
    };

    protected override string Message(Act act) =>
        $"Schema {act.Object} goes with every table in it.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"ALTER SCHEMA {Remedies.Quote(act.Object)} RENAME TO {Remedies.Quote(act.Object + "_dropped")};";
}

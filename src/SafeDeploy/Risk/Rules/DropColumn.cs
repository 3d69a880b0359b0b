using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropColumn() : ActRule(ActKind.DropsColumn)
{
    public override RuleInfo Info { get; } = new("drop-column", Severity.Critical, LockLevel.AccessExclusive)
    {
        Title = "A column is dropped",
        Prevents = "its values for ever; the image that still reads it",
        Remedy = "Stop using it in one release, drop it in a later one",
        Manual = "sql-altertable",
    };

    protected override bool Applies(Act act, JudgedStatement statement) =>
        base.Applies(act, statement) && statement.Effect.DestroysData;

    protected override string Message(Act act) =>
        $"{act.Table}.{act.Object} and its values are gone; the image that runs now may still read it.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"ALTER TABLE {act.Table} ALTER COLUMN {Remedies.Quote(act.Object)} DROP NOT NULL; -- now; drop it in the release after the last that reads it";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropNotNull() : ActRule(ActKind.DropsNotNull)
{
    public override RuleInfo Info { get; } = new("drop-not-null", Severity.Low, LockLevel.AccessExclusive)
    {
        Title = "Readers may meet NULL",
        Prevents = "code of the running image that expects a value",
        Remedy = "Release the readers first",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The image that runs now may not expect NULL in {act.Table}.{act.Object}.";
}

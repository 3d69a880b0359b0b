using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class MoveToSchema() : ActRule(ActKind.MovesToSchema)
{
    public override RuleInfo Info { get; } = new("move-to-schema", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A table moves to another schema under the running image",
        Prevents = "every query of the image that runs now",
        Remedy = "Leave a view with the old name",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The image that runs now looks for {act.Table}, which is then in {act.Object}.";
}

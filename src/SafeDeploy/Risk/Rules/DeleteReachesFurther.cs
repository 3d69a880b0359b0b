using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DeleteReachesFurther() : ActRule(ActKind.DeletionReaches)
{
    public override RuleInfo Info { get; } = new("delete-reaches-further", Severity.High, LockLevel.RowExclusive)
    {
        Title = "The deletion reaches into another table",
        Prevents = "rows of a table that the statement does not name",
        Remedy = "Count them first, delete them by name",
        Manual = "ddl-constraints",
    };

    protected override string Message(Act act) =>
        $"{act.Object} carries the deletion from {act.Table} on into {act.Other}.";
}

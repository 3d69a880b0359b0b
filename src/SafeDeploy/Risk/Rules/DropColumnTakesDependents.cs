using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropColumnTakesDependents() : ActRule(ActKind.DropsColumnWithDependents)
{
    public override RuleInfo Info { get; } = new("drop-column-takes-dependents", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "Dropping a column takes indexes and constraints with it",
        Prevents = "what the index or constraint was for",
        Remedy = "Drop them by name before",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"{act.Other} goes together with {act.Table}.{act.Object}.";
}

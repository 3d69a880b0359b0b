using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropWithCascade() : ActRule(ActKind.Cascades)
{
    public override RuleInfo Info { get; } = new("drop-with-cascade", Severity.Medium, LockLevel.AccessExclusive)
    {
        Title = "CASCADE drops what the statement does not name",
        Prevents = "whatever depends on it: views, keys, columns",
        Remedy = "Name the objects, without CASCADE",
        Manual = "sql-droptable",
    };

    protected override string Message(Act act) =>
        $"CASCADE takes along whatever depends on {act.Table}; name those objects instead.";
}

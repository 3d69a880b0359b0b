using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropAttribute() : ActRule(ActKind.DropsAttribute)
{
    public override RuleInfo Info { get; } = new("drop-attribute", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "An attribute of a composite type goes with its values",
        Prevents = "the attribute in every row that holds the type",
        Remedy = "Make a new type",
        Manual = "sql-altertype",
    };

    protected override string Message(Act act) =>
        $"{act.Object} of type {act.Table} is gone in every row that holds it.";
}

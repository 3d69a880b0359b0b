using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class JsonColumn() : ActRule(ActKind.AddsJsonColumn)
{
    public override RuleInfo Info { get; } = new("json-column", Severity.Low, LockLevel.None)
    {
        Title = "json has no equality",
        Prevents = "SELECT DISTINCT, GROUP BY and UNION over the row",
        Remedy = "Use jsonb",
        Manual = "datatype-json",
    };

    protected override string Message(Act act) =>
        $"{act.Object} is json: SELECT DISTINCT and UNION over {act.Table} fail.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        "Use jsonb instead of json.";
}

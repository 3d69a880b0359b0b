using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class SecurityDefinerWithoutSearchPath() : ActRule(ActKind.SecurityDefinerWithoutSearchPath)
{
    public override RuleInfo Info { get; } = new("security-definer-without-search-path", Severity.Medium, LockLevel.None)
    {
        Title = "SECURITY DEFINER without a search_path of its own",
        Prevents = "nothing: whoever calls it chooses which tables it means",
        Remedy = "SET search_path in the function",
        Manual = "sql-createfunction",
    };

    protected override string Message(Act act) =>
        $"{act.Table} runs with its owner's rights and the caller's search_path.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        "Add: SET search_path = pg_catalog, pg_temp";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropLastPolicy() : ActRule(ActKind.DropsLastPolicy)
{
    public override RuleInfo Info { get; } = new("drop-last-policy", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "The last policy is dropped while row security is on",
        Prevents = "all rows from everybody but the owner",
        Remedy = "Create the new policy before",
        Manual = "ddl-rowsecurity",
    };

    protected override string Message(Act act) =>
        $"{act.Object} is the last policy of {act.Table}: without it nobody but the owner sees a row.";
}

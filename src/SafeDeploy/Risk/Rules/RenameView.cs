using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RenameView() : ActRule(ActKind.RenamesView)
{
    public override RuleInfo Info { get; } = new("rename-view", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A view is renamed under the running image",
        Prevents = "every query of the image that runs now",
        Remedy = "Create the new view, drop the old one in the next release",
        Manual = "sql-alterview",
    };

    protected override string Message(Act act) =>
        $"The image that runs now asks for {act.Table}.";
}

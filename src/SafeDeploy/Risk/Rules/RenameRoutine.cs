using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RenameRoutine() : ActRule(ActKind.RenamesRoutine)
{
    public override RuleInfo Info { get; } = new("rename-routine", Severity.High, LockLevel.None)
    {
        Title = "A function is renamed under the running image",
        Prevents = "every call by the image that runs now",
        Remedy = "Create the new one, drop the old one in the next release",
        Manual = "sql-alterfunction",
    };

    protected override string Message(Act act) =>
        $"The image that runs now calls {act.Table}.";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RenameColumn() : ActRule(ActKind.RenamesColumn)
{
    public override RuleInfo Info { get; } = new("rename-column", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A column is renamed under the running image",
        Prevents = "every query of the image that runs now",
        Remedy = "Add the new column, write both, move reads, drop the old one",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The image that runs now asks for {act.Table}.{act.Object}, which is then called {act.Other}.";
}

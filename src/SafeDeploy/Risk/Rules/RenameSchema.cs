using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RenameSchema() : ActRule(ActKind.RenamesSchema)
{
    public override RuleInfo Info { get; } = new("rename-schema", Severity.High, LockLevel.None)
    {
        Title = "A schema is renamed under the running image",
        Prevents = "every query: no lock is taken, and all names are wrong at once",
        Remedy = "Make a new schema with views on the old one",
        Manual = "sql-alterschema",
    };

    protected override string Message(Act act) =>
        $"Every name in {act.Object} is wrong for the image that runs now.";
}

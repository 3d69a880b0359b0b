using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class CreateTrigger() : ActRule(ActKind.CreatesTrigger)
{
    public override RuleInfo Info { get; } = new("create-trigger", Severity.Low, LockLevel.ShareRowExclusive)
    {
        Title = "A trigger on a table in use",
        Prevents = "writes to the table for a moment; afterwards each write runs the trigger",
        Remedy = "Add it in the release whose code expects it",
        Manual = "sql-createtrigger",
    };

    protected override string Message(Act act) =>
        $"Trigger {act.Object} runs for every write to {act.Table} from now on, also for those of the image that runs now.";
}

using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class DropDatabaseOrOwned() : ActRule(ActKind.DropsDatabase, ActKind.DropsOwned)
{
    public override RuleInfo Info { get; } = new("drop-database-or-owned", Severity.Critical, LockLevel.AccessExclusive)
    {
        Title = "A migration drops a database or all that a role owns",
        Prevents = "everything",
        Remedy = "Do it by hand, never in a migration",
        Manual = "sql-drop-owned",
    };

    protected override string Message(Act act) =>
        "This removes far more than a migration should: everything in the database, or all that a role owns.";
}

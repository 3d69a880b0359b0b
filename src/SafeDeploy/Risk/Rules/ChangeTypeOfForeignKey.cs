using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class ChangeTypeOfForeignKey() : ActRule(ActKind.ChangesTypeOfKey)
{
    public override RuleInfo Info { get; } = new("change-type-of-foreign-key", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A type change of a foreign key locks both tables",
        Prevents = "reads and writes of both tables",
        Remedy = "Add a column of the new type with its own key NOT VALID",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The column is part of a foreign key between {act.Table} and {act.Other}: both are locked with ACCESS EXCLUSIVE and the key is made again.";
}

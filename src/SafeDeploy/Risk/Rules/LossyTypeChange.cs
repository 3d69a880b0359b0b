using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class LossyTypeChange() : ActRule(ActKind.ChangesTypeLossy)
{
    public override RuleInfo Info { get; } = new("lossy-type-change", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "The new type holds less than the old one",
        Prevents = "values that do not fit: cut, rounded or refused",
        Remedy = "Add a column of the new type and keep the old one until nobody misses it",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"{act.Other} holds less than the present type of {act.Object}: values of {act.Table} are cut, rounded or make the statement fail.";
}

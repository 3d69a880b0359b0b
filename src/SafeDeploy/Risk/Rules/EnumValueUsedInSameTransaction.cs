using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class EnumValueUsedInSameTransaction() : ActRule(ActKind.UsesFreshEnumValue)
{
    public override RuleInfo Info { get; } = new("enum-value-used-in-same-transaction", Severity.High, LockLevel.None)
    {
        Title = "A new enum value can not be used before COMMIT",
        Prevents = "nothing: the statement fails with 55P04",
        Remedy = "Add the value in a migration of its own",
        Manual = "sql-altertype",
    };

    protected override string Message(Act act) =>
        $"{act.Object} was added by this transaction: the server refuses to use it before COMMIT (55P04).";
}

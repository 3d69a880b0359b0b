using SafeDeploy.Risk.Effects;

namespace SafeDeploy.Risk.Rules;

internal sealed class RequiredColumnWithoutDefault() : ActRule(ActKind.AddsRequiredColumn)
{
    public override RuleInfo Info { get; } = new("required-column-without-default", Severity.High, LockLevel.AccessExclusive)
    {
        Title = "A NOT NULL column without a default breaks the running image",
        Prevents = "every INSERT of the image that runs now",
        Remedy = "Give it a default until the next release, or add it nullable",
        Manual = "sql-altertable",
    };

    protected override string Message(Act act) =>
        $"The image that runs now does not know {act.Object} of {act.Table}: its INSERTs fail from this moment, and the statement itself fails where rows exist.";

    protected override string RemedyFor(Act act, JudgedStatement statement) =>
        $"ALTER TABLE {act.Table} ADD COLUMN {Remedies.Quote(act.Object)} {act.Other}; -- nullable, or NOT NULL DEFAULT … kept until the next release";
}

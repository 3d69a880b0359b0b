using System.Collections.Immutable;
using SafeDeploy.Ledger;

namespace SafeDeploy.Steps.Rollback;

/// <summary>The way back: the row of the decision table, its reason, and every action in order. The compensator does this and nothing else.</summary>
/// <param name="Row"><c>a</c> to <c>f</c>.</param>
/// <param name="Decision">What is done, one sentence.</param>
/// <param name="Reason">Why, with the names and counts that decided it.</param>
/// <param name="Actions">Empty when nothing has to be done.</param>
public sealed record RollbackPlan(string Row, string Decision, string Reason, ImmutableArray<Change> Actions)
{
    /// <summary>A person is needed: rows d and f.</summary>
    public bool NeedsPerson => Row is "d" or "f";

    /// <summary>Whether every schema must equal the snapshot afterwards.</summary>
    public bool SchemasReturn => Row is "a" or "c" or "e";
}

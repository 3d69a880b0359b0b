namespace SafeDeploy.Risk.Effects;

/// <summary>How a statement ends.</summary>
/// <param name="Because">Why it fails for certain; empty when it does not.</param>
/// <param name="MayFail">It depends on what is not known here.</param>
internal sealed record Outcome(string Because, FailureKind Kind, bool MayFail)
{
    public static readonly Outcome Succeeds = new("", FailureKind.Other, false);

    public bool Fails => Because.Length > 0;
}

/// <summary>What PL/pgSQL's conditions tell apart (manual, appendix A) among the failures that are known beforehand.</summary>
internal enum FailureKind
{
    Other,
    DuplicateObject,
    DuplicateTable,
    DuplicateColumn,
    DuplicateSchema,
    UndefinedObject,
    UndefinedTable,
    UndefinedColumn,
    UndefinedFunction,
    UndefinedSchema,
}

using System.Collections.Immutable;

namespace SafeDeploy.Risk.Rewrites;

/// <summary>A statement said again so that nobody waits: the same end by other steps.</summary>
/// <param name="Steps">In order; each is a migration of its own. Never empty.</param>
/// <param name="Needs">What a person has to fill in before it can run; empty when nothing.</param>
public sealed record Rewrite(ImmutableArray<RewriteStep> Steps, string Needs = "");

/// <param name="Sql">Statements with their semicolons.</param>
/// <param name="Back">The way back of this step alone; empty when there is nothing to undo.</param>
/// <param name="OutsideTransaction">The server refuses it inside a block; it gets a file of its own.</param>
/// <param name="Suffix">What the file of the step is called after, e.g. <c>validate_sale_total</c>.</param>
public sealed record RewriteStep(string Sql, string Back, bool OutsideTransaction, string Suffix);

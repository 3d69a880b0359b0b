using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Whether a partition's own valid CHECK already says what its bound demands, so that ATTACH need not read it.</summary>
internal static class BoundProof
{
    public static bool Implies(Relation parent, Relation partition)
    {
        if (partition.Bound is not { } bound || bound.Flag("is_default"))
            return !parent.IsAssumed && parent.Children.Count == 0;
        var checks = partition.Constraints.Where(c => c is { Kind: ConstraintKind.Check, Valid: true, Expression: not null }).ToArray();
        var key = parent.PartitionKey;
        if (checks.Length == 0 || key.Count == 0)
            return false;
        // The bound implies NOT NULL of every key column; without that proof the server reads the table.
        return key.All(k => IsNotNull(partition, checks, k)) && checks.Any(c => Mentions(c, bound, key));
    }

    private static bool IsNotNull(Relation partition, Constraint[] checks, string column) =>
        partition.Column(column) is { NotNull: true } || checks.Any(c => Expressions.ProvesNotNull(c.Expression, column));

    // Each constant of the bound must stand in the check: the usual way of writing such a check repeats them.
    private static bool Mentions(Constraint check, SqlNode bound, IReadOnlyList<string> key)
    {
        if (!key.Any(check.Columns.Contains))
            return false;
        var there = Constants(check.Expression!);
        return new[] { "lowerdatums", "upperdatums", "listdatums" }.SelectMany(bound.List).SelectMany(Constants).All(there.Contains);
    }

    private static HashSet<string> Constants(SqlNode node) => [.. node.DescendantsAndSelf("A_Const").Select(c => c.Words())];
}

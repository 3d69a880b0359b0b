using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What a schema costs a dump.</summary>
/// <param name="Relations">Tables, views and sequences: pg_dump locks each.</param>
/// <param name="Tables">Of them, tables with data.</param>
public sealed record SchemaCost(Scope Scope, int Relations, int Tables, long Bytes);

/// <summary>Packs schemas into as few archives as workers and locks allow. Pure.</summary>
/// <remarks>Each pg_dump reads the whole catalogue before its first byte, so fewer calls are less work; each holds its locks until it ends.</remarks>
public static class SchemaGroups
{
    /// <param name="workers">Dumps running at once.</param>
    /// <param name="maxLocks">Of the server: max_locks_per_transaction × (max_connections + max_prepared_transactions).</param>
    /// <returns>Groups, the shared schema alone first, then by size; within the lock budget unless one schema alone is over it.</returns>
    public static ImmutableArray<ImmutableArray<SchemaCost>> Of(IReadOnlyCollection<SchemaCost> schemas, int workers, long maxLocks)
    {
        var budget = Math.Max(1, (long)(0.8 * maxLocks / workers));
        var shared = schemas.Where(s => s.Scope is Scope.Public).Select(s => ImmutableArray.Create(s));
        var bins = Enumerable.Range(0, workers).Select(_ => new List<SchemaCost>()).ToArray();
        foreach (var schema in schemas.Where(s => s.Scope is Scope.Tenant).OrderByDescending(Weight).ThenBy(s => s.Scope))
            bins.MinBy(b => b.Sum(Weight))!.Add(schema);
        return [.. shared, .. bins.SelectMany(bin => Split(bin, budget)).OrderByDescending(g => g.Sum(Weight))];
    }

    // A table costs about as much as 100 KB of data (measured: 0.6 ms of catalogue and DDL work).
    private static long Weight(SchemaCost schema) => schema.Bytes + (100_000L * schema.Relations);

    private static IEnumerable<ImmutableArray<SchemaCost>> Split(List<SchemaCost> bin, long budget)
    {
        var group = ImmutableArray.CreateBuilder<SchemaCost>();
        var locks = 0L;
        foreach (var schema in bin)
        {
            if (group.Count > 0 && locks + schema.Relations > budget)
            {
                yield return group.ToImmutable();
                group.Clear();
                locks = 0;
            }

            group.Add(schema);
            locks += schema.Relations;
        }

        if (group.Count > 0)
            yield return group.ToImmutable();
    }
}

using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Row level security of tables in many schemas, equal states together.</summary>
public static class RowSecurityNotes
{
    private const string SharedPrefix = "public.";

    /// <param name="scopes">The shared schema and the tenants.</param>
    /// <param name="tables">A bare name is looked for in every tenant (in <c>public</c> where there is none); <c>public.NAME</c> in the shared schema.</param>
    public static async Task<ImmutableArray<RowSecurityNote>> ReadAsync(
        IDatabase database, IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<string> tables, CancellationToken cancellation)
    {
        var tenants = scopes.Where(s => s is Scope.Tenant).ToArray();
        var shared = tables.Where(t => tenants.Length == 0 || t.StartsWith(SharedPrefix, StringComparison.Ordinal)).Select(Bare).ToArray();
        var own = tables.Where(t => tenants.Length > 0 && !t.StartsWith(SharedPrefix, StringComparison.Ordinal)).ToArray();
        var read = ImmutableArray<RowSecurity>.Empty;
        if (own.Length > 0)
            read = read.AddRange(await database.RowSecurityAsync(tenants, own, cancellation));
        if (shared.Length > 0)
            read = read.AddRange(await database.RowSecurityAsync([new Scope.Public()], shared, cancellation));
        return Of(read);
    }

    public static ImmutableArray<RowSecurityNote> Of(IEnumerable<RowSecurity> read) =>
    [
        .. read.GroupBy(r => (r.Table, State: StateOf(r)))
            .OrderBy(g => g.Key.Table, StringComparer.Ordinal).ThenByDescending(g => g.Count()).ThenBy(g => g.Key.State, StringComparer.Ordinal)
            .Select(g => new RowSecurityNote(g.Key.Table, g.Key.State, [.. g.Select(r => r.Scope.Schema).Order(StringComparer.Ordinal)])),
    ];

    private static string Bare(string table) => table.StartsWith(SharedPrefix, StringComparison.Ordinal) ? table[SharedPrefix.Length..] : table;

    private static string StateOf(RowSecurity row) => !row.Exists ? "" : string.Join('\n',
        [$"row level security {(row.Enabled ? "on" : "off")}{(row.Forced ? ", forced" : "")}", .. row.Policies.Order(StringComparer.Ordinal)]);
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Keeps the way back of each migration in the database before the first scope is moved by it.</summary>
/// <remarks>Apart from the scopes' transactions: tenants that insert one row would wait for each other.</remarks>
internal sealed class KeptScripts
{
    private const string Insert = "insert into safe_deploy.script (id, rollback, header) values ($1, $2, $3::jsonb) on conflict (id) do nothing";

    private readonly ConcurrentDictionary<Migration, string> _ids = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<string, bool> _kept = new(StringComparer.Ordinal);

    /// <summary>The same for all scopes that are moved by the same text and header.</summary>
    public string Id(Migration migration) => _ids.GetOrAdd(migration, Hash);

    private static string Hash(Migration migration)
    {
        var text = $"{migration.Version}\n{migration.Checksum}\n{LedgerJson.Write(migration.Header)}\n{migration.Rollback?.Sql}";
        return $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
    }

    public async Task KeepAsync(ScopeSessions sessions, ScopeWork work, ImmutableArray<Migration> migrations, CancellationToken cancellation)
    {
        var missing = migrations.Where(migration => !_kept.ContainsKey(Id(migration))).ToArray();
        if (missing.Length == 0)
            return;
        var session = await sessions.RentAsync(work.Hold, cancellation);
        await using (var batch = new NpgsqlBatch(session.Connection))
        {
            batch.BatchCommands.Add(FencedConnections.Of(work.Hold).Fence());
            foreach (var migration in missing)
                batch.BatchCommands.Add(LedgerSql.With(
                    new NpgsqlBatchCommand(Insert), LedgerSql.Text(Id(migration)), LedgerSql.Text(migration.Rollback?.Sql), LedgerSql.Text(LedgerJson.Write(migration.Header))));
            await batch.ExecuteNonQueryAsync(cancellation);
        }

        sessions.Return(work.Hold, session);
        foreach (var migration in missing)
            _kept[Id(migration)] = true;
    }
}

using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations.Adoption;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>The environment kept to oneself while histories are written: no deployment opens, nobody else adopts, and all rows are true at once or none.</summary>
/// <remarks>FOR UPDATE of the environment's row is what a deployment's claim and every fence wait for (explicit-locking, "Row-Level Locks").</remarks>
internal sealed class AdoptionTransaction : IAsyncDisposable
{
    // Whoever works on the environment holds the row for the length of a migration; adopting does not wait for that.
    private const string Alone = "select pg_catalog.set_config('lock_timeout', '10s', true)";
    private const string Known = "insert into safe_deploy.environment (name) values ($1) on conflict do nothing";
    private const string Take = "select e.concluded from safe_deploy.environment e where e.name = $1 for update";

    private const string Remember =
        """
        insert into safe_deploy.migration (scope, version, name, checksum, script, deployment) values ($1, $2, $3, $4, $5, null)
        on conflict (scope, version) do nothing
        """;

    private const string Keep = "insert into safe_deploy.script (id, rollback, header) values ($1, $2, $3::jsonb) on conflict (id) do nothing";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly KeptScripts _scripts = new();

    private AdoptionTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>Null when a deployment of the environment is open.</summary>
    public static async Task<AdoptionTransaction?> BeginAsync(NpgsqlDataSource source, string environment, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation);
        var adoption = new AdoptionTransaction(connection, await connection.BeginTransactionAsync(cancellation));
        try
        {
            if (await adoption.TakeAsync(environment, cancellation))
                return adoption;
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // Somebody began to work between the first look and this one.
        }
        catch
        {
            await adoption.DisposeAsync();
            throw;
        }

        await adoption.DisposeAsync();
        return null;
    }

    public async Task WriteAsync(AdoptedScope scope, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(_connection, _transaction);
        foreach (var migration in scope.Applied)
        {
            batch.BatchCommands.Add(LedgerSql.With(
                new NpgsqlBatchCommand(Keep), LedgerSql.Text(_scripts.Id(migration)), LedgerSql.Text(migration.Rollback?.Sql), LedgerSql.Text(Ledger.LedgerJson.Write(migration.Header))));
            batch.BatchCommands.Add(Row(scope, migration.Version.Text, migration.Name, (migration.Checksum, _scripts.Id(migration))));
        }

        // A scope that has none is known too, else it would be asked about again.
        if (scope.Applied.IsEmpty)
            batch.BatchCommands.Add(Row(scope, SafeDeploy.Migrations.History.Nothing.Text, "adopted without a migration", ("", null)));
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    public Task CommitAsync(CancellationToken cancellation) => _transaction.CommitAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task<bool> TakeAsync(string environment, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(_connection, _transaction)
        {
            BatchCommands = { new NpgsqlBatchCommand(Alone), LedgerSql.With(new NpgsqlBatchCommand(Known), LedgerSql.Text(environment)) },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
        await using var take = LedgerSql.Command(_connection, Take, LedgerSql.Text(environment));
        return await take.ExecuteScalarAsync(cancellation) is true;
    }

    private static NpgsqlBatchCommand Row(AdoptedScope scope, string version, string name, (string Checksum, string? Script) of) => LedgerSql.With(
        new NpgsqlBatchCommand(Remember), LedgerSql.Text(scope.Scope.Schema), LedgerSql.Text(version), LedgerSql.Text(name), LedgerSql.Text(of.Checksum), LedgerSql.Text(of.Script));
}

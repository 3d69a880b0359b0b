using System.Globalization;
using Npgsql;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>Proves that one connection is one backend: the same one answers two transactions and keeps a session lock between them.</summary>
public static class DirectConnectionProof
{
    /// <summary>False when a pooler gives each transaction another backend. Changes nothing.</summary>
    /// <remarks>A pooler hands an idle backend to whoever asks next, so a second client asks between the two transactions and stays in its own.</remarks>
    public static async Task<bool> HoldsAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var key = AdvisoryLocks.Proof(Guid.NewGuid());
        await using var connection = await source.OpenConnectionAsync(cancellation);
        var first = await LockAsync(connection, key, cancellation);
        await using var other = await source.OpenConnectionAsync(cancellation);
        await using var between = await other.BeginTransactionAsync(cancellation);
        if (await PidAsync(other, cancellation) == first)
            return false;
        var second = await LookAsync(connection, key, cancellation);
        return second == first;
    }

    private static async Task<int> LockAsync(NpgsqlConnection connection, long key, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(
            connection, "select case when pg_catalog.pg_try_advisory_lock($1) then pg_catalog.pg_backend_pid() else 0 end", LedgerSql.Long(key));
        return await NumberAsync(command, cancellation);
    }

    /// <summary>The backend that answers now, or 0 when it does not hold the lock.</summary>
    private static async Task<int> LookAsync(NpgsqlConnection connection, long key, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(
            connection, "select case when pg_catalog.pg_advisory_unlock($1) then pg_catalog.pg_backend_pid() else 0 end", LedgerSql.Long(key));
        return await NumberAsync(command, cancellation);
    }

    private static async Task<int> PidAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, "select pg_catalog.pg_backend_pid()");
        return await NumberAsync(command, cancellation);
    }

    private static async Task<int> NumberAsync(NpgsqlCommand command, CancellationToken cancellation) =>
        Convert.ToInt32(await command.ExecuteScalarAsync(cancellation), CultureInfo.InvariantCulture);
}

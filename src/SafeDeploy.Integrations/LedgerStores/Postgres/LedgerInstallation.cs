using System.Globalization;
using Npgsql;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>Makes the ledger's tables once; two processes that come together take turns.</summary>
internal sealed class LedgerInstallation(NpgsqlConnection connection, string place, TimeProvider time)
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    public async Task InstallAsync(CancellationToken cancellation)
    {
        if (await IsCurrentAsync(cancellation))
            return;
        // Asked for again and again instead of waited for: a waiting session would hold a snapshot against index builds.
        while (!await TryLockAsync(cancellation))
            await Task.Delay(Turn, time, cancellation);
        if (!await IsCurrentAsync(cancellation))
            await ExecuteAsync(cancellation);
        await UnlockAsync(cancellation);
    }

    private async Task<bool> IsCurrentAsync(CancellationToken cancellation)
    {
        try
        {
            await using var command = LedgerSql.Command(connection, "select max(l.version) from safe_deploy.layout l");
            var found = await command.ExecuteScalarAsync(cancellation) is int version ? version : 0;
            return found <= LedgerSchema.Layout
                ? found == LedgerSchema.Layout
                : throw new ProblemException(LedgerProblems.IsNewer(place, string.Create(CultureInfo.InvariantCulture, $"layout {found}")));
        }
        catch (PostgresException failure) when (PostgresLedgerFailures.IsMissingSchema(failure))
        {
            return false;
        }
    }

    private async Task ExecuteAsync(CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var command = LedgerSql.Command(connection, LedgerSchema.Sql))
            await command.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private async Task<bool> TryLockAsync(CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(
            connection, "select pg_catalog.pg_try_advisory_lock($1)", LedgerSql.Long(AdvisoryLocks.Prepare()));
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private async Task UnlockAsync(CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(
            connection, "select pg_catalog.pg_advisory_unlock($1)", LedgerSql.Long(AdvisoryLocks.Prepare()));
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

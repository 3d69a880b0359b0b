using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Runs a batch while somebody looks who is in its way.</summary>
internal static class WatchedBatch
{
    /// <returns>Null when it is done.</returns>
    public static async Task<AttemptFailure?> RunAsync(FencedConnection session, ScopeMove move, MoveBatch batch, LockWatch watch, TimeSpan lockTimeout)
    {
        // Before it runs: a connection that breaks no longer knows its backend.
        var pid = session.Pid;
        var running = batch.ExecuteAsync(move.Work.Force);
        var holder = await watch.WatchAsync(pid, running, Every(lockTimeout));
        try
        {
            await running;
            return null;
        }
        catch (PostgresException failure) when (PostgresLedgerFailures.IsFenced(failure))
        {
            throw FencedConnections.Of(move.Work.Hold).Fenced(failure);
        }
        catch (Exception failure) when (failure is NpgsqlException or NotSupportedException)
        {
            return new AttemptFailure(Failures.KindOf(failure), failure, batch.Failed, holder);
        }
    }

    private static TimeSpan Every(TimeSpan lockTimeout) => lockTimeout <= TimeSpan.Zero
        ? TimeSpan.FromSeconds(1)
        : TimeSpan.FromMilliseconds(Math.Clamp(lockTimeout.TotalMilliseconds / 4, 20, 1000));
}

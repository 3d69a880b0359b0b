using Npgsql;

namespace SafeDeploy.DatabaseTests.Risk;

/// <summary>Runs statements one by one on a real server, each from the same state: in a transaction that is rolled back.</summary>
public sealed class LockRecorder(NpgsqlConnection connection)
{
    public async Task<RecordedFacts> RecordAsync(string sql)
    {
        await ExecuteAsync("begin");
        try
        {
            var look = await TransactionLook.BeginAsync(connection);
            await ExecuteAsync(sql);
            return Facts(sql, "", await look.SeeAsync());
        }
        catch (PostgresException error)
        {
            // The SQLSTATE is the same in every language.
            return Facts(sql, error.SqlState, TransactionEffect.None);
        }
        finally
        {
            await ExecuteAsync("rollback");
        }
    }

    private static RecordedFacts Facts(string sql, string error, TransactionEffect seen) =>
        new(sql, error, seen.Locks, seen.IndexLocks, seen.SequenceLocks, seen.Rewrites, seen.Scans);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

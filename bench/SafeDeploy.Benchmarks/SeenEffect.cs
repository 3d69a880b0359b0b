using Npgsql;
using SafeDeploy.Risk;
using SafeDeploy.Tests;

namespace SafeDeploy.Benchmarks;

/// <summary>What a statement was seen to do to relations that existed before it; an error is its SQLSTATE and message.</summary>
/// <param name="OnOld">Tables and indexes older than the file: what only those meet is what a user would notice.</param>
internal sealed record SeenEffect(TransactionEffect Done, IReadOnlySet<string> OnOld, string Error = "")
{
    public static SeenEffect None(string error = "") => new(TransactionEffect.None, new HashSet<string>(), error);

    public LockLevel Strongest => Done.Locks.Values.Append(LockLevel.None).Max();

    /// <summary>Readers or writers wait while a table is read or written from end to end.</summary>
    public bool Blocks(bool oldOnly) =>
        Done.Locks.Concat(Done.IndexLocks).Any(l => l.Value.BlocksWrites() && Counts(l.Key, oldOnly)) && Done.Rewrites.Concat(Done.Scans).Any(t => Counts(t, oldOnly));

    public bool Drops(bool oldOnly) => Done.Dropped.Any(t => Counts(t, oldOnly));

    private bool Counts(string name, bool oldOnly) => !oldOnly || OnOld.Contains(name);
}

/// <summary>Runs the statements of one file, each in a transaction of its own that is kept.</summary>
internal sealed class StatementWatch(NpgsqlConnection connection)
{
    private readonly HashSet<long> _old = [];

    /// <summary>To be called before the file's first statement.</summary>
    public async Task BeginFileAsync(string timeZone)
    {
        await ExecuteAsync($"set timezone = '{timeZone}'");
        _old.UnionWith((await TransactionLook.BeginAsync(connection)).Before.Keys);
    }

    /// <param name="isBare">It may not run in a transaction: it runs, and nothing is seen.</param>
    public async Task<SeenEffect> RunAsync(string sql, bool isBare)
    {
        try
        {
            if (isBare)
            {
                await ExecuteAsync(sql);
                return SeenEffect.None("not in a transaction");
            }

            await ExecuteAsync("begin");
            var look = await TransactionLook.BeginAsync(connection);
            await ExecuteAsync(sql);
            var seen = await look.SeeAsync();
            await ExecuteAsync("commit");
            return new SeenEffect(seen, look.Before.Where(b => _old.Contains(b.Key)).Select(b => b.Value).ToHashSet(StringComparer.Ordinal));
        }
        catch (NpgsqlException refused)
        {
            if (!isBare && connection.FullState == System.Data.ConnectionState.Open)
                await ExecuteAsync("rollback");
            return SeenEffect.None(refused is PostgresException server ? $"{server.SqlState} {server.MessageText}" : refused.Message);
        }
    }

    // As it is: the driver would take a colon or a question mark for a parameter.
    private async Task ExecuteAsync(string sql)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = 60, BatchCommands = { new NpgsqlBatchCommand(sql) } };
        await batch.ExecuteNonQueryAsync();
    }
}

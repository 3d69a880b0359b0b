using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Asks the server about statements that our own grammar, which may be older, cannot read. The server parses them and executes nothing.</summary>
/// <remarks>A Parse message without an Execute (protocol-flow, "Extended Query"): 42601 is an answer about the text, any other error comes after it was read.</remarks>
internal static class ServerGrammar
{
    private const string Impatient = "select pg_catalog.set_config('lock_timeout', '1s', false)";

    /// <summary>Each statement with what the server says of it, and no problem for what it can read.</summary>
    public static async Task<ImmutableArray<Problem>> ExamineAsync(
        NpgsqlDataSource source, IEnumerable<(MigrationScript Script, PlacedStatement Statement)> unread, CancellationToken cancellation)
    {
        var asked = unread.ToImmutableArray();
        if (asked.IsEmpty)
            return [];
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await using (var impatient = LedgerSql.Command(connection, Impatient))
                await impatient.ExecuteNonQueryAsync(cancellation);
            var problems = ImmutableArray.CreateBuilder<Problem>();
            foreach (var (script, statement) in asked)
                if (await RefusalAsync(connection, statement, cancellation) is { } refusal)
                    problems.Add(ScriptProblems.IsNotSql(script, statement, refusal.Position, refusal.MessageText));
            return problems.ToImmutable();
        }
        catch (NpgsqlException failure)
        {
            throw PostgresLedgerFailures.Of(failure, "the server, asked whether it can read the migrations");
        }
    }

    private static async Task<PostgresException?> RefusalAsync(NpgsqlConnection connection, PlacedStatement statement, CancellationToken cancellation)
    {
        // A positional parameter, used or not, makes the driver send the text as it is.
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { LedgerSql.With(new NpgsqlBatchCommand(statement.Text), LedgerSql.Text("")) } };
        try
        {
            await batch.PrepareAsync(cancellation);
            return null;
        }
        catch (PostgresException refused)
        {
            return refused.SqlState == PostgresErrorCodes.SyntaxError ? refused : null;
        }
    }
}

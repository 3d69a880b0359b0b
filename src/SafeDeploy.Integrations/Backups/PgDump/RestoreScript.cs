using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Runs what pg_restore wrote as SQL text on a session and in a transaction of ours.</summary>
internal static class RestoreScript
{
    private const int Together = 200;

    /// <summary>A script without rows: definitions.</summary>
    public static async Task DefineAsync(NpgsqlConnection connection, string file, CancellationToken cancellation)
    {
        var text = string.Join('\n', (await File.ReadAllLinesAsync(file, cancellation)).Where(line => !IsForPsql(line)));
        foreach (var some in SqlSplitter.Split(text).Where(s => !IsOurs(s.Text)).Chunk(Together))
        {
            await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
            foreach (var statement in some)
            {
                var command = new NpgsqlBatchCommand(statement.Text);
                // With a positional parameter, used or not, the driver sends the text as it is instead of looking for semicolons in it.
                command.Parameters.Add(LedgerSql.Text(""));
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>A script of rows: <c>COPY … FROM stdin;</c>, its lines, <c>\.</c>, and single statements between them.</summary>
    public static async Task FillAsync(NpgsqlConnection connection, string file, CancellationToken cancellation)
    {
        using var lines = new StreamReader(file);
        var open = "";
        while (await lines.ReadLineAsync(cancellation) is { } line)
        {
            if (open.Length == 0 && !IsSql(line))
                continue;
            open = open.Length == 0 ? line : $"{open}\n{line}";
            if (open.StartsWith("COPY ", StringComparison.Ordinal) && line.EndsWith(" FROM stdin;", StringComparison.Ordinal))
            {
                await CopyAsync(connection, open, lines, cancellation);
                open = "";
            }
            else if (line.EndsWith(';') && !open.StartsWith("COPY ", StringComparison.Ordinal))
            {
                await RunAsync(connection, open, cancellation);
                open = "";
            }
        }
    }

    private static async Task CopyAsync(NpgsqlConnection connection, string statement, StreamReader lines, CancellationToken cancellation)
    {
        await using var import = await connection.BeginTextImportAsync(statement, cancellation);
        while (await lines.ReadLineAsync(cancellation) is { } line && line != "\\.")
            await import.WriteAsync($"{line}\n".AsMemory(), cancellation);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string statement, CancellationToken cancellation)
    {
        if (IsOurs(statement))
            return;
        await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
        command.Parameters.Add(LedgerSql.Text(""));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    // Between its entries pg_restore writes comments; a function's text, which may hold such lines, is never among the rows.
    private static bool IsSql(string line) =>
        line.Length > 0 && !IsForPsql(line) && !line.StartsWith("--", StringComparison.Ordinal);

    private static bool IsForPsql(string line) =>
        line.StartsWith("\\restrict ", StringComparison.Ordinal) || line.StartsWith("\\unrestrict ", StringComparison.Ordinal);

    // The script takes the limits away that this transaction has set for itself.
    private static bool IsOurs(string statement) =>
        statement.StartsWith("SET lock_timeout", StringComparison.Ordinal) || statement.StartsWith("SET idle_in_transaction_session_timeout", StringComparison.Ordinal)
        || statement.StartsWith("SET statement_timeout", StringComparison.Ordinal) || statement.StartsWith("SET transaction_timeout", StringComparison.Ordinal);
}

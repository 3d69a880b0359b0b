using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Risk.Rehearsal;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>What became of a script.</summary>
/// <param name="Error">Place and reason; null when all of it ran.</param>
internal sealed record PlayOutcome(string? Error, ScratchTrace Trace, IReadOnlyList<string> Notes, TimeSpan Took);

/// <summary>Runs a script in a session of its own, the way it would be deployed, and watches what it does.</summary>
internal sealed class ScratchPlayer(ScratchServer server, BareWatch watch, TimeProvider clock, string searchPath, TimeSpan limit)
{
    private const string Settings = """
        select set_config('statement_timeout', $1, false), set_config('search_path', case when $2 = '' then current_setting('search_path') else $2 end, false)
        """;

    /// <summary>Roles that exist on the server: one that a script makes again is there already.</summary>
    public HashSet<string> Roles { get; } = new(StringComparer.Ordinal);

    public async Task<PlayOutcome> PlayAsync(string database, ScratchScript script, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        await using var connection = await server.ConnectAsync(database, cancellation);
        await using (var settings = LedgerSql.Command(
            connection, Settings, LedgerSql.Text(((long)limit.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)), LedgerSql.Text(searchPath)))
            await settings.ExecuteNonQueryAsync(cancellation);
        var trace = await ScratchTrace.BeginAsync(connection, cancellation);
        var play = new Play(connection, trace, database);
        try
        {
            foreach (var segment in script.Segments)
                await (script.ControlsItself ? AsWrittenAsync(play, segment, cancellation) : SegmentAsync(play, segment, cancellation));
            return new PlayOutcome(null, trace, play.Notes, clock.GetElapsedTime(started));
        }
        catch (NpgsqlException refused)
        {
            return new PlayOutcome(Sentence(script, play.Now, refused), trace, play.Notes, clock.GetElapsedTime(started));
        }
    }

    private sealed class Play(NpgsqlConnection connection, ScratchTrace trace, string database)
    {
        public NpgsqlConnection Connection { get; } = connection;

        public ScratchTrace Trace { get; } = trace;

        public string Database { get; } = database;

        public List<string> Notes { get; } = [];

        public PlacedStatement? Now { get; set; }
    }

    private async Task SegmentAsync(Play play, ScriptSegment segment, CancellationToken cancellation)
    {
        if (segment.Bare)
        {
            await BareAsync(play, segment.Statements[0], cancellation);
            return;
        }

        await ExecuteAsync(play, "begin", cancellation);
        await play.Trace.BaselineAsync(play.Connection, cancellation);
        foreach (var statement in segment.Statements)
            await StatementAsync(play, statement, cancellation);
        await ExecuteAsync(play, "set constraints all immediate", cancellation);
        await play.Trace.NoteAsync(play.Connection, cancellation);
        play.Now = null;
        await ExecuteAsync(play, "commit", cancellation);
    }

    /// <summary>As psql would: its own BEGIN and COMMIT where they stand, everything else alone.</summary>
    private async Task AsWrittenAsync(Play play, ScriptSegment segment, CancellationToken cancellation)
    {
        var isOpen = false;
        foreach (var statement in segment.Statements)
        {
            if (statement.Facts.Control is TransactionControl.Commit or TransactionControl.Rollback && isOpen)
                await play.Trace.NoteAsync(play.Connection, cancellation);
            if (!isOpen && statement.Facts.Control == TransactionControl.None)
            {
                await SegmentAsync(play, new ScriptSegment(statement.Facts.MayRunInTransaction == false, [statement]), cancellation);
                continue;
            }

            await StatementAsync(play, statement, cancellation);
            if (statement.Facts.Control == TransactionControl.Begin)
                await play.Trace.BaselineAsync(play.Connection, cancellation);
            isOpen = statement.Facts.Control switch
            {
                TransactionControl.Begin => true,
                TransactionControl.Commit or TransactionControl.Rollback or TransactionControl.TwoPhase => false,
                _ => isOpen,
            };
        }

        if (isOpen)
            play.Notes.Add("its last transaction is left open and was rolled back");
    }

    private async Task StatementAsync(Play play, PlacedStatement statement, CancellationToken cancellation)
    {
        play.Now = statement;
        if (Reaches(statement) is { } beyond)
            play.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"line {statement.Line} was not run, it reaches {beyond}: {statement.Excerpt}"));
        else
            await SendAsync(play.Connection, statement, limit, cancellation);
    }

    private async Task BareAsync(Play play, PlacedStatement statement, CancellationToken cancellation)
    {
        play.Now = statement;
        if (Reaches(statement) is not null)
            await StatementAsync(play, statement, cancellation);
        else
            await WatchedAsync(play, statement, cancellation);
    }

    private async Task WatchedAsync(Play play, PlacedStatement statement, CancellationToken cancellation)
    {
        var seen = await watch.RunAsync(play.Database, play.Connection, play.Trace, () => SendAsync(play.Connection, statement, limit, cancellation), cancellation);
        await play.Trace.NoteFilesAsync(play.Connection, cancellation);
        if (!seen)
            play.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"line {statement.Line} runs outside a transaction and ended before its locks were seen: {statement.Excerpt}"));
    }

    private string? Reaches(PlacedStatement statement) => statement.Tree switch
    {
        null => null,
        { Kind: "CreateRoleStmt" } role when Roles.Contains(role.Text("role") ?? "") => "a role that exists already",
        { } tree => OutsideScratch.Reaches(tree),
    };

    public static async Task SendAsync(NpgsqlConnection connection, PlacedStatement statement, TimeSpan limit, CancellationToken cancellation)
    {
        // The server's own limit may be switched off by the script; the driver's then cancels.
        await using var batch = new NpgsqlBatch(connection) { Timeout = (int)limit.TotalSeconds + 5 };
        batch.BatchCommands.Add(MoveBatch.AsItIs(statement));
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task ExecuteAsync(Play play, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, play.Connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static string Sentence(ScratchScript script, PlacedStatement? statement, NpgsqlException refused)
    {
        var why = refused is PostgresException server ? $"{server.MessageText} (SQLSTATE {server.SqlState})" : refused.InnerException?.Message ?? refused.Message;
        return statement is null
            ? $"{script.Path}: {why}"
            : string.Create(CultureInfo.InvariantCulture, $"{script.Path}:{statement.Line}: {why}: {statement.Excerpt}");
    }
}

using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Rehearsal;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>Runs the statements of <c>plan --files</c> on a scratch database, each in a transaction of its own, and records what they do.</summary>
public sealed class StatementTracer(ISqlParser parser, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private const string SettingsText = "select set_config('search_path', $1, false), set_config('statement_timeout', '60s', false)";

    /// <summary>The report with the truth laid over the prediction; notes say what of the schema did not run.</summary>
    public async Task<RiskReport> TraceAsync(
        string url, RiskReport report, IReadOnlyList<RiskFile> files, RiskFile? schema, bool independent, CancellationToken cancellation)
    {
        await using var server = await ScratchServer.OpenAsync(url, clock, cancellation);
        try
        {
            var (path, notes) = (SearchPath(schema), new List<string>());
            var main = await server.MakeAsync("main", null, cancellation);
            if (schema is not null)
                await BuildAsync(server, main, schema, notes, cancellation);
            var run = new Run(server, new BareWatch(server, clock), path, main, await ExistingAsync(server, main, cancellation), schema is not null);
            var traced = new List<TracedEffect?>();
            foreach (var file in files)
            {
                cancellation.ThrowIfCancellationRequested();
                traced.AddRange(independent ? await AloneAsync(run, file, cancellation) : await FileAsync(run, main, file, keep: true, cancellation));
            }

            return report with
            {
                Statements = [.. report.Statements.Zip(traced, (s, t) => t is null ? s : s with { Traced = t, Effect = t.Over(s.Effect), Predicted = s.Effect })],
                Notes = [.. report.Notes, .. notes],
            };
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, server.Display, opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }

    private sealed record Run(ScratchServer Server, BareWatch Watch, string SearchPath, string Main, ImmutableHashSet<string> Before, bool HasSchema);

    // The same rule as for the prediction: what the schema sets, else the first schema it makes, else public.
    private string SearchPath(RiskFile? schema)
    {
        if (schema is null)
            return "public";
        var state = SchemaScript.Read(schema.Path, schema.Sql, parser).Replay(new EffectModel(parser));
        return string.Join(", ", state.SearchPath.Append("public").Distinct(StringComparer.Ordinal).Select(p => QuotedName.TryParse(p, out _)).OfType<QuotedName>().Select(n => n.Sql));
    }

    private async Task BuildAsync(ScratchServer server, string main, RiskFile schema, List<string> notes, CancellationToken cancellation)
    {
        await using var connection = await server.ConnectAsync(main, cancellation);
        foreach (var statement in Statements(schema))
        {
            if (statement.Tree is null || OutsideScratch.Reaches(statement.Tree) is not null)
                continue;
            try
            {
                await ScratchPlayer.SendAsync(connection, statement, Limit, cancellation);
            }
            catch (PostgresException refused)
            {
                notes.Add($"{schema.Path}:{statement.Line}: not traced with it, {refused.MessageText}");
            }
        }
    }

    /// <summary>A file that is judged alone: a single statement is rolled back, several get a copy of their own.</summary>
    private async Task<IEnumerable<TracedEffect?>> AloneAsync(Run run, RiskFile file, CancellationToken cancellation)
    {
        var statements = Statements(file);
        if (statements is [{ Facts.MayRunInTransaction: not false }])
            return await FileAsync(run, run.Main, file, keep: false, cancellation);
        if (statements.IsEmpty)
            return [];
        var copy = await run.Server.MakeAsync("copy", run.Main, cancellation);
        try
        {
            return await FileAsync(run, copy, file, keep: true, cancellation);
        }
        finally
        {
            await run.Server.DropAsync(copy, CancellationToken.None);
        }
    }

    private async Task<IEnumerable<TracedEffect?>> FileAsync(Run run, string database, RiskFile file, bool keep, CancellationToken cancellation)
    {
        var traced = new List<TracedEffect?>();
        NpgsqlConnection? session = null;
        try
        {
            foreach (var statement in Statements(file))
            {
                if (session is not { FullState: System.Data.ConnectionState.Open })
                {
                    session = await run.Server.ConnectAsync(database, cancellation);
                    await using var settings = LedgerSql.Command(session, SettingsText, LedgerSql.Text(run.SearchPath));
                    await settings.ExecuteNonQueryAsync(cancellation);
                }

                traced.Add(await StatementAsync(run, session, database, statement, keep, cancellation));
            }
        }
        finally
        {
            if (session is not null)
                await session.DisposeAsync();
        }

        return traced;
    }

    /// <summary>Null where there is nothing to see: transaction control, what reaches beyond the database, or a name that nobody made.</summary>
    private static async Task<TracedEffect?> StatementAsync(
        Run run, NpgsqlConnection session, string database, PlacedStatement statement, bool keep, CancellationToken cancellation)
    {
        if (statement.Facts.Control != TransactionControl.None || (statement.Tree is { } tree && OutsideScratch.Reaches(tree) is not null))
            return null;
        try
        {
            var bare = statement.Facts.MayRunInTransaction == false;
            if (!bare)
                await ExecuteAsync(session, "begin", cancellation);
            var trace = await ScratchTrace.BeginAsync(session, cancellation);
            if (bare)
            {
                // Outside a transaction locks can be seen and scans can not: what was seen does not make the whole truth.
                await run.Watch.RunAsync(database, session, trace, () => ScratchPlayer.SendAsync(session, statement, Limit, cancellation), cancellation);
                return null;
            }

            await ScratchPlayer.SendAsync(session, statement, Limit, cancellation);
            await trace.NoteAsync(session, cancellation);
            await ExecuteAsync(session, keep ? "commit" : "rollback", cancellation);
            return Of(trace, run.Before, null);
        }
        catch (NpgsqlException refused)
        {
            if (session.FullState == System.Data.ConnectionState.Open)
                await ExecuteAsync(session, "rollback", cancellation);
            var why = refused is PostgresException server ? $"{server.MessageText} (SQLSTATE {server.SqlState})" : refused.InnerException?.Message ?? refused.Message;
            return run.HasSchema ? Of(new ScratchTrace(), run.Before, why) : null;
        }
    }

    private static TracedEffect Of(ScratchTrace trace, ImmutableHashSet<string> before, string? error) => new(
        RelationLocks.Of(trace.Locks), RelationLocks.Of(trace.IndexLocks), RelationLocks.Of(trace.SequenceLocks), [.. trace.Rewrites], [.. trace.Scans], before, error);

    private static async Task<ImmutableHashSet<string>> ExistingAsync(ScratchServer server, string main, CancellationToken cancellation)
    {
        await using var connection = await server.ConnectAsync(main, cancellation);
        return (await ScratchTrace.BeginAsync(connection, cancellation)).Existing.ToImmutableHashSet(StringComparer.Ordinal);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    // Cut as the analyzer cuts, so that both lists are of the same length.
    private ImmutableArray<PlacedStatement> Statements(RiskFile file) =>
    [
        .. parser.Split(SqlText.Readable(file.Sql)).Select(s => (Statement: s, Parsed: parser.Parse(s.Text)))
            .Select(s => new PlacedStatement(s.Statement.Text, file.FirstLine + s.Statement.Line - 1, s.Parsed.Tree, TransactionFacts.For(s.Parsed))),
    ];
}

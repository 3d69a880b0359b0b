using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;
using SafeDeploy.Risk.Verdict;

namespace SafeDeploy.Risk;

/// <param name="Independent">Each file is judged alone against the schema; else they are a sequence.</param>
/// <param name="ProtectedTables">Table names, bare or with schema, as the configuration has them.</param>
/// <param name="Today">Decides which suppressions have expired; null = none has.</param>
/// <param name="Tenants">Whose schemas the files are run in; null where nothing is known of tenants.</param>
public sealed record RiskOptions(bool Independent, ImmutableArray<string> ProtectedTables, DateOnly? Today = null, TenantContext? Tenants = null)
{
    /// <summary>Who answers for which change of a protected table's integrity rules.</summary>
    public ImmutableArray<Approval> Approvals { get; init; } = [];

    /// <summary>False: nobody asks for rewrites, so the statements' trees are forgotten as soon as they are judged.</summary>
    public bool KeepsTrees { get; init; } = true;

    public static readonly RiskOptions Default = new(false, []);
}

/// <summary>Judges migration files: reads, plays and hands every statement to the rules. No file, no database.</summary>
public sealed class RiskAnalyzer(ISqlParser parser)
{
    private readonly EffectModel _model = new(parser);

    /// <summary>A file with its statements as the grammar reads them.</summary>
    private sealed record ReadFile(RiskFile File, IReadOnlyList<SqlStatement> Statements, SqlParseResult[] Parsed);

    /// <summary>A file played, with where unqualified names lead at its end.</summary>
    private sealed record PlayedFile(FileContext Context, ImmutableArray<string> SearchPath);

    /// <remarks>Reading and judging a file needs no other file and is done side by side; playing them is a sequence.</remarks>
    public RiskReport Analyze(IEnumerable<RiskFile> files, SchemaScript before, RiskOptions options, CancellationToken cancellation)
    {
        var all = files.ToImmutableArray();
        var schema = options.Independent ? new SchemaState() : before.Replay(_model);
        var judged = options.Independent
            ? SideBySide.Select(all, f => Judged(Play(Read(f, cancellation), before.Replay(_model), options, cancellation), cancellation), cancellation)
            : SideBySide.Select(
                [.. SideBySide.Select(all, f => Read(f, cancellation), cancellation).Select(f => Play(f, schema, options, cancellation))],
                p => Judged(p, cancellation),
                cancellation);
        return new RiskReport([.. judged.SelectMany(s => s)], before.Notes) { Files = all, IsIndependent = options.Independent };
    }

    private ReadFile Read(RiskFile file, CancellationToken cancellation)
    {
        var statements = parser.Split(SqlText.Readable(file.Sql));
        var parsed = new SqlParseResult[statements.Count];
        for (var i = 0; i < parsed.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var statement = statements[i];
            parsed[i] = statement.Error is { } error ? SqlParseResult.Failed(error.Message, error.Offset - statement.Offset) : parser.Parse(statement.Text);
        }

        return new ReadFile(file, statements, parsed);
    }

    private PlayedFile Play(ReadFile read, SchemaState schema, RiskOptions options, CancellationToken cancellation)
    {
        schema.IsJudging = !read.File.IsReplayed;
        schema.FreshEnumValues.Clear();
        var context = new FileContext(read.File, options);
        for (var i = 0; i < read.Parsed.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (statement, parsed) = (read.Statements[i], read.Parsed[i]);
            context.Add(new JudgedStatement(
                read.File.Path,
                read.File.FirstLine + statement.Line - 1,
                statement.Column,
                read.File.Sql.Substring(statement.Offset, statement.Text.Length),
                parsed,
                TransactionFacts.For(parsed),
                _model.Play(parsed, schema),
                [])
            {
                IsOnShared = options.Tenants is { IsTenantSet: false },
            });
        }

        return new PlayedFile(context, [.. schema.SearchPath]);
    }

    private JudgedStatement[] Judged(PlayedFile played, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var file = played.Context.File;
        if (file.IsReplayed)
            return [];
        var judged = Reversal.Judge(file, RuleCatalogue.Apply(played.Context), parser, _model, played.SearchPath);
        return [.. played.Context.Options.KeepsTrees ? judged : judged.Select(s => s with { Parsed = s.Parsed.WithoutTree() })];
    }
}

using System.Collections.Immutable;
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
    public static readonly RiskOptions Default = new(false, []);
}

/// <summary>Judges migration files: reads, plays and hands every statement to the rules. No file, no database.</summary>
public sealed class RiskAnalyzer(ISqlParser parser)
{
    private readonly EffectModel _model = new(parser);

    public RiskReport Analyze(IEnumerable<RiskFile> files, SchemaScript before, RiskOptions options, CancellationToken cancellation)
    {
        var judged = ImmutableArray.CreateBuilder<JudgedStatement>();
        var schema = before.Replay(_model);
        var first = true;
        var all = files.ToImmutableArray();
        foreach (var file in all)
        {
            cancellation.ThrowIfCancellationRequested();
            if (options.Independent && !first)
                schema = before.Replay(_model);
            first = false;
            schema.IsJudging = !file.IsReplayed;
            var played = Play(file, schema, options, cancellation);
            if (!file.IsReplayed)
                judged.AddRange(Reversal.Judge(file, RuleCatalogue.Apply(played), parser, _model, schema.SearchPath));
        }

        return new RiskReport(judged.ToImmutable(), before.Notes) { Files = all };
    }

    private FileContext Play(RiskFile file, SchemaState schema, RiskOptions options, CancellationToken cancellation)
    {
        schema.FreshEnumValues.Clear();
        var context = new FileContext(file, options);
        var readable = SqlText.Readable(file.Sql);
        foreach (var statement in parser.Split(readable))
        {
            cancellation.ThrowIfCancellationRequested();
            var parsed = statement.Error is { } error
                ? SqlParseResult.Failed(error.Message, error.Offset - statement.Offset)
                : parser.Parse(statement.Text);
            var effect = _model.Play(parsed, schema);
            context.Add(new JudgedStatement(
                file.Path,
                file.FirstLine + statement.Line - 1,
                statement.Column,
                file.Sql.Substring(statement.Offset, statement.Text.Length),
                parsed,
                TransactionFacts.For(parsed),
                effect,
                [])
            {
                IsOnShared = options.Tenants is { IsTenantSet: false },
            });
        }

        return context;
    }
}

using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk;

/// <summary><c>plan --files</c>: texts in, one document out; no configuration and no database.</summary>
public static class PlanFiles
{
    // SQL is read by people: only what JSON itself demands is escaped.
    private static readonly PlanJson Json = new(new JsonSerializerOptions(PlanJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <param name="files">In the order in which they count.</param>
    /// <param name="schema">Path and text of <c>--schema</c>, or null.</param>
    public static RiskReport Run(
        ISqlParser parser, IEnumerable<RiskFile> files, RiskFile? schema, RiskOptions options, CancellationToken cancellation)
    {
        var before = schema is null ? SchemaScript.None : SchemaScript.Read(schema.Path, schema.Sql, parser);
        return new RiskAnalyzer(parser).Analyze(files, before, options, cancellation);
    }

    /// <summary>The JSON of the report; <paramref name="failOn"/> decides its conclusion.</summary>
    /// <param name="fleet">Multiplies it by the tenants; null where no sizes are known.</param>
    public static string ToJson(RiskReport report, RiskThreshold failOn, FleetRisk? fleet = null)
    {
        var text = new StringWriter();
        WriteJson(text, report, failOn, fleet, CancellationToken.None);
        return text.ToString();
    }

    /// <summary>The same, piece by piece: of thousands of files it is tens of megabytes.</summary>
    public static void WriteJson(TextWriter to, RiskReport report, RiskThreshold failOn, FleetRisk? fleet, CancellationToken cancellation)
    {
        if (fleet is null && report.Statements.All(s => s.Traced is null))
            PlanJsonWriter.Write(to, report, Verdict(report, failOn), cancellation);
        else
            to.Write(JsonSerializer.Serialize(Document(report, failOn) with { Fleet = fleet?.Figures(report) }, Json.PlanDocument));
    }

    public static PlanDocument Document(RiskReport report, RiskThreshold failOn) =>
        new([.. report.Statements.Select(PlanStatement.Of)], Verdict(report, failOn), report.Notes);

    /// <summary>True when the change must not go on: exit code 3.</summary>
    public static bool Refuses(RiskReport report, RiskThreshold failOn) =>
        failOn != RiskThreshold.Never && report.Worst is { } worst && (int)worst >= (int)failOn;

    public static PlanVerdict Verdict(RiskReport report, RiskThreshold failOn)
    {
        var effects = report.Statements.Select(s => s.Effect).ToArray();
        var open = report.Statements.SelectMany(s => s.Open).ToArray();
        return new PlanVerdict(
            Refuses(report, failOn) ? "refuse" : "pass",
            report.Worst,
            Summary(report, open),
            effects.Length,
            effects.Count(e => e.Hazard),
            effects.Count(e => e.DestroysData),
            effects.Aggregate(Phase.Expand, (phase, e) => EffectBuilder.Worse(phase, e.Phase)),
            effects.Aggregate((bool?)true, (compatible, e) => EffectBuilder.Both(compatible, e.Compatible)),
            open.GroupBy(f => f.Severity).ToImmutableSortedDictionary(
                g => g.Key.ToString().ToLowerInvariant(), g => g.Count(), StringComparer.Ordinal));
    }

    private static string Summary(RiskReport report, Finding[] open)
    {
        if (report.Statements.IsEmpty)
            return "Nothing to judge: no statement was found.";
        var lost = report.Statements.Count(s => s.Effect.DestroysData);
        var waits = report.Statements.Count(s => s.Effect is { Hazard: true, DestroysData: false });
        return (lost, waits, open.Length) switch
        {
            (0, 0, 0) => $"Safe: {report.Statements.Length} statements, nobody waits for long and nothing is lost.",
            (0, 0, _) => $"No table is blocked for long and nothing is lost; {open.Length} findings in {report.Statements.Length} statements.",
            _ => $"{lost} of {report.Statements.Length} statements destroy data, {waits} block a table for as long as it is large.",
        };
    }
}

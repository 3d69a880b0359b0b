using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SafeDeploy.Risk;

namespace SafeDeploy.Reporting.Verdict;

/// <summary>The findings as SARIF 2.1.0 (OASIS), for code scanning.</summary>
public static class SarifReport
{
    // Code scanning shows no more than this of one run.
    private const int Most = 5000;

    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Render(RiskReport report)
    {
        var found = report.Statements.SelectMany(s => s.Findings.Select(f => (Statement: s, Finding: f)))
            .OrderBy(f => f.Finding.SuppressedBecause is null ? 0 : 1).ThenByDescending(f => f.Finding.Severity).Take(Most).ToImmutableArray();
        var rules = found.Select(f => f.Finding.Rule).Distinct().Order(StringComparer.Ordinal).ToImmutableArray();
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
            json.WriteString("version", "2.1.0");
            json.WriteStartArray("runs");
            json.WriteStartObject();
            Tool(json, rules);
            json.WriteString("columnKind", "utf16CodeUnits");
            json.WriteStartArray("results");
            foreach (var (statement, finding) in found)
                Result(json, statement, finding, rules.IndexOf(finding.Rule));
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Tool(Utf8JsonWriter json, ImmutableArray<string> rules)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "safe-deploy");
        json.WriteStartArray("rules");
        foreach (var info in rules.Select(RuleCatalogue.InfoOf))
            Rule(json, info);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Rule(Utf8JsonWriter json, RuleInfo info)
    {
        json.WriteStartObject();
        json.WriteString("id", info.Slug);
        Text(json, "shortDescription", info.Title);
        Text(json, "fullDescription", $"Prevents {info.Prevents}.");
        Text(json, "help", $"{info.Remedy}.");
        json.WriteStartObject("defaultConfiguration");
        json.WriteString("level", LevelOf(info.Severity));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Result(Utf8JsonWriter json, JudgedStatement statement, Finding finding, int rule)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", finding.Rule);
        json.WriteNumber("ruleIndex", rule);
        json.WriteString("level", LevelOf(finding.Severity));
        Text(json, "message", $"{finding.Message}\n\n{finding.Remedy}");
        json.WriteStartArray("locations");
        json.WriteStartObject();
        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        json.WriteString("uri", Uri(statement.File));
        json.WriteEndObject();
        json.WriteStartObject("region");
        json.WriteNumber("startLine", statement.Line);
        json.WriteNumber("startColumn", statement.Column);
        json.WriteNumber("endLine", statement.Line + statement.Sql.AsSpan().Count('\n'));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("partialFingerprints");
        json.WriteString("safeDeployStatement/v1", Fingerprint(statement, finding));
        json.WriteEndObject();
        if (finding.SuppressedBecause is { } because)
            Suppressed(json, because);
        json.WriteEndObject();
    }

    private static void Suppressed(Utf8JsonWriter json, string because)
    {
        json.WriteStartArray("suppressions");
        json.WriteStartObject();
        json.WriteString("kind", "inSource");
        json.WriteString("justification", because);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    private static string LevelOf(Severity severity) => ReviewAnnotations.LevelOf(severity) switch
    {
        AnnotationLevel.Failure => "error",
        AnnotationLevel.Warning => "warning",
        _ => "note",
    };

    /// <summary>A relative reference, every segment escaped; what is absolute becomes a file URI.</summary>
    private static string Uri(string path)
    {
        var segments = path.Replace('\\', '/').Split('/');
        var escaped = string.Join('/', segments.Where((s, i) => i > 0 || s != ".").Select(System.Uri.EscapeDataString));
        return escaped.StartsWith('/') ? $"file://{escaped}" : escaped;
    }

    // The line moves when the file is edited above it; rule, file and words stay.
    private static string Fingerprint(JudgedStatement statement, Finding finding)
    {
        var words = string.Join(' ', statement.Sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{finding.Rule}\n{statement.File}\n{words}")))[..32];
    }
}

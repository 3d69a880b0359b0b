using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SafeDeploy.Migrations;

namespace SafeDeploy.Risk;

/// <summary>Writes <see cref="PlanDocument"/> without building it: the same text, member for member, as the generated context makes.</summary>
/// <remarks>
/// The one document that may hold 40,000 statements, printed by the verb that is started most. Through the generated context 500
/// methods were compiled at the start and every lock and list was copied twice; a test compares both.
/// </remarks>
internal static class PlanJsonWriter
{
    // So that a part is no large object, which the collector neither moves nor reuses soon.
    private const int StatementsAtOnce = 32;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Write(TextWriter to, RiskReport report, PlanVerdict verdict, CancellationToken cancellation)
    {
        to.Write("{\"statements\":[");
        var parts = report.Statements.Chunk(StatementsAtOnce).ToArray();
        foreach (var (text, index) in SideBySide.Select(parts, Statements, cancellation).Select((t, i) => (t, i)))
        {
            if (index > 0)
                to.Write(',');
            to.Write(text);
        }

        to.Write("],\"verdict\":");
        to.Write(Text(0, json => Verdict(json, verdict)));
        to.Write(",\"schema_notes\":");
        to.Write(Text(0, json => Texts(json, report.Notes)));
        to.Write('}');
    }

    private static string Statements(JudgedStatement[] statements)
    {
        // The commas between them are written by an array; its brackets are not ours to write.
        return Text(1, json =>
        {
            json.WriteStartArray();
            foreach (var statement in statements)
                Statement(json, statement);
            json.WriteEndArray();
        });
    }

    /// <param name="without">Bytes to leave out at both ends.</param>
    private static string Text(int without, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1 << 15);
        using (var json = new Utf8JsonWriter(bytes, Options))
            write(json);
        return Encoding.UTF8.GetString(bytes.WrittenSpan[without..^without]);
    }

    private static void Statement(Utf8JsonWriter json, JudgedStatement statement)
    {
        var effect = statement.Effect;
        json.WriteStartObject();
        json.WriteString("file"u8, statement.File);
        json.WriteNumber("line"u8, statement.Line);
        json.WriteNumber("column"u8, statement.Column);
        json.WriteString("sql"u8, statement.Sql);
        json.WriteString("strongest_lock"u8, effect.StrongestLock == LockLevel.None ? null : effect.StrongestLock.Spelled());
        json.WritePropertyName("locks"u8);
        Locks(json, effect.Locks);
        json.WritePropertyName("index_locks"u8);
        Locks(json, effect.IndexLocks);
        json.WritePropertyName("sequence_locks"u8);
        Locks(json, effect.SequenceLocks);
        json.WriteBoolean("rewrites"u8, !effect.Rewrites.IsEmpty);
        json.WritePropertyName("rewritten_tables"u8);
        Texts(json, effect.Rewrites);
        json.WriteBoolean("scans"u8, !effect.Scans.IsEmpty);
        json.WritePropertyName("scanned_tables"u8);
        Texts(json, effect.Scans);
        json.WriteBoolean("blocks_reads"u8, effect.BlocksReads);
        json.WriteBoolean("blocks_writes"u8, effect.BlocksWrites);
        json.WriteBoolean("destroys_data"u8, effect.DestroysData);
        Maybe(json, "reversible"u8, effect.Reversible);
        Maybe(json, "runs_in_transaction"u8, effect.RunsInTransaction);
        Maybe(json, "fails"u8, effect.Fails);
        json.WriteString("fails_because"u8, effect.FailsBecause);
        json.WriteString("phase"u8, Word(effect.Phase));
        Maybe(json, "compatible_with_previous_image"u8, effect.Compatible);
        json.WriteBoolean("hazard"u8, effect.Hazard);
        json.WriteStartArray("findings"u8);
        foreach (var finding in statement.Findings)
            Finding(json, finding);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Finding(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("rule"u8, finding.Rule);
        json.WriteString("severity"u8, Word(finding.Severity));
        json.WriteString("message"u8, finding.Message);
        json.WriteString("remedy"u8, finding.Remedy);
        json.WriteString("suppressed_because"u8, finding.SuppressedBecause);
        json.WriteEndObject();
    }

    private static void Verdict(Utf8JsonWriter json, PlanVerdict verdict)
    {
        json.WriteStartObject();
        json.WriteString("conclusion"u8, verdict.Conclusion);
        json.WriteString("worst"u8, verdict.Worst is { } worst ? Word(worst) : null);
        json.WriteString("summary"u8, verdict.Summary);
        json.WriteNumber("statements"u8, verdict.Statements);
        json.WriteNumber("hazards"u8, verdict.Hazards);
        json.WriteNumber("data_losses"u8, verdict.DataLosses);
        json.WriteString("phase"u8, Word(verdict.Phase));
        Maybe(json, "compatible_with_previous_image"u8, verdict.CompatibleWithPreviousImage);
        json.WriteStartObject("findings_by_severity"u8);
        foreach (var (severity, count) in verdict.FindingsBySeverity)
            json.WriteNumber(severity, count);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Locks(Utf8JsonWriter json, RelationLocks locks)
    {
        json.WriteStartObject();
        for (var i = 0; i < locks.Count; i++)
            json.WriteString(locks.NameAt(i), locks.LevelAt(i).Spelled());
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, IEnumerable<string> texts)
    {
        json.WriteStartArray();
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void Maybe(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } known)
            json.WriteBoolean(name, known);
        else
            json.WriteNull(name);
    }

    private static string Word(Severity severity) => severity switch
    {
        Severity.Info => "info",
        Severity.Low => "low",
        Severity.Medium => "medium",
        Severity.High => "high",
        Severity.Critical => "critical",
        _ => throw new ArgumentOutOfRangeException(nameof(severity)),
    };

    private static string Word(Phase phase) => phase switch
    {
        Phase.Unknown => "unknown",
        Phase.Expand => "expand",
        Phase.Migrate => "migrate",
        Phase.Contract => "contract",
        _ => throw new ArgumentOutOfRangeException(nameof(phase)),
    };
}

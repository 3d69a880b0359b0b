using System.Text.Json;
using System.Text.Json.Serialization;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>The one way in which the ledger's data become JSON and come back.</summary>
/// <remarks>PostgreSQL's <c>jsonb</c> reorders keys, so the type's key may stand anywhere; it refuses NUL, so texts are written without it.</remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowOutOfOrderMetadataProperties = true,
    Converters = [typeof(NulFreeTextConverter)])]
[JsonSerializable(typeof(LedgerFact))]
[JsonSerializable(typeof(Release))]
[JsonSerializable(typeof(RunIdentity))]
[JsonSerializable(typeof(MigrationHeader))]
[JsonSerializable(typeof(Conclusion))]
[JsonSerializable(typeof(StepName))]
public sealed partial class LedgerJson : JsonSerializerContext
{
    public static string Write(LedgerFact fact) => JsonSerializer.Serialize(fact, Default.LedgerFact);

    public static LedgerFact ReadFact(string json) =>
        JsonSerializer.Deserialize(json, Default.LedgerFact) ?? throw new JsonException("a ledger entry holds no fact");

    public static string Write(Release release) => JsonSerializer.Serialize(release, Default.Release);

    public static Release ReadRelease(string json) =>
        JsonSerializer.Deserialize(json, Default.Release) ?? throw new JsonException("a deployment holds no release");

    public static string Write(RunIdentity run) => JsonSerializer.Serialize(run, Default.RunIdentity);

    public static RunIdentity ReadRun(string json) =>
        JsonSerializer.Deserialize(json, Default.RunIdentity) ?? throw new JsonException("a deployment holds no run");

    public static string Write(MigrationHeader header) => JsonSerializer.Serialize(header, Default.MigrationHeader);

    public static MigrationHeader ReadHeader(string json) =>
        JsonSerializer.Deserialize(json, Default.MigrationHeader) ?? throw new JsonException("a kept script holds no header");

    /// <summary>The word of the fact, e.g. <c>rolled-back</c>, back to its case.</summary>
    public static Conclusion ReadConclusion(string word) => JsonSerializer.Deserialize(Quoted(word), Default.Conclusion);

    public static StepName ReadStep(string word) => JsonSerializer.Deserialize(Quoted(word), Default.StepName);

    private static string Quoted(string word) => $"\"{JsonEncodedText.Encode(word)}\"";
}

/// <summary>Writes U+FFFD where a text (a container's log line, a tool's output) holds NUL.</summary>
public sealed class NulFreeTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Replace('\0', '\uFFFD'));

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() ?? "";

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.Replace('\0', '\uFFFD'));
}

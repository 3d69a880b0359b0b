using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDeploy.Risk.Rehearsal;

/// <summary>What a scratch database says of a migration and its way back.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RehearsalVerdict>))]
public enum RehearsalVerdict
{
    /// <summary>After the way back the catalogue is as before, and the way forward can be gone again.</summary>
    [JsonStringEnumMemberName("restored")] Restored,

    /// <summary>The way back ran and left another catalogue, or one on which the way forward fails.</summary>
    [JsonStringEnumMemberName("differs")] Differs,

    /// <summary>The way back holds no statement, and there was something to undo.</summary>
    [JsonStringEnumMemberName("empty")] Empty,

    /// <summary>The server refused the way back.</summary>
    [JsonStringEnumMemberName("fails")] Fails,

    /// <summary>There is no way back.</summary>
    [JsonStringEnumMemberName("missing")] Missing,

    /// <summary>The server refused the migration itself.</summary>
    [JsonStringEnumMemberName("forward-fails")] ForwardFails,
}

/// <summary>Locks, rewrites and scans of a migration on what existed before it.</summary>
/// <param name="Locks">Strongest lock per table or view, as the manual spells it.</param>
public sealed record RehearsedEffect(
    ImmutableSortedDictionary<string, string> Locks,
    ImmutableSortedSet<string> Rewrites,
    ImmutableSortedSet<string> Scans)
{
    public static readonly RehearsedEffect None = new(
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal),
        ImmutableSortedSet.Create<string>(StringComparer.Ordinal),
        ImmutableSortedSet.Create<string>(StringComparer.Ordinal));
}

/// <summary>One migration forward, back, compared, and forward again.</summary>
/// <param name="File">The forward file, as the folder was given.</param>
/// <param name="Differences">What the way back did not restore, or why a script failed; one sentence each. Empty when restored.</param>
/// <param name="Locks">As taken by the way forward; the same as in <paramref name="Traced"/>.</param>
/// <param name="Traced">What the server did on the way forward.</param>
/// <param name="Predicted">What the text alone said of it.</param>
/// <param name="Disagreements">Where the two differ, one sentence each.</param>
/// <param name="Notes">What was not run, or not traced, and why.</param>
public sealed record MigrationRehearsal(
    string Version,
    string Name,
    string File,
    RehearsalVerdict Verdict,
    ImmutableArray<string> Differences,
    ImmutableSortedDictionary<string, string> Locks,
    RehearsedEffect Traced,
    RehearsedEffect Predicted,
    ImmutableArray<string> Disagreements,
    ImmutableArray<string> Notes,
    long ForwardMs,
    long RollbackMs);

/// <summary>What <c>rehearse --output json</c> prints.</summary>
/// <param name="Server">Major version of the scratch server.</param>
public sealed record RehearsalReport(ImmutableArray<MigrationRehearsal> Migrations, int Server, ImmutableArray<string> Notes)
{
    // Names and SQL are read by people: only what JSON itself demands is escaped.
    private static readonly RehearsalJson Json = new(new JsonSerializerOptions(RehearsalJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Every migration has a way back that was seen to restore what was.</summary>
    [JsonIgnore]
    public bool IsRestored => Migrations.All(m => m.Verdict == RehearsalVerdict.Restored);

    public string ToJson() => JsonSerializer.Serialize(this, Json.RehearsalReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = false)]
[JsonSerializable(typeof(RehearsalReport))]
public sealed partial class RehearsalJson : JsonSerializerContext;

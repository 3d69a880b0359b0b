using System.Text.Json.Serialization;

namespace SafeDeploy.Risk;

/// <summary>How bad the consequence is, mildest first.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
public enum Severity
{
    /// <summary>Worth knowing; nothing waits and nothing is lost.</summary>
    [JsonStringEnumMemberName("info")] Info,

    /// <summary>Somebody may wait for a moment.</summary>
    [JsonStringEnumMemberName("low")] Low,

    /// <summary>Writers wait for a scan of a small lock, or the statement may fail on its data.</summary>
    [JsonStringEnumMemberName("medium")] Medium,

    /// <summary>Readers or writers wait for as long as a table is large, or the serving image breaks.</summary>
    [JsonStringEnumMemberName("high")] High,

    /// <summary>Data is gone.</summary>
    [JsonStringEnumMemberName("critical")] Critical,
}

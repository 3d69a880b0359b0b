using System.Text.Json.Serialization;

namespace SafeDeploy.Runs;

/// <summary>How a deployment ended, or that it waits; the word in the JSON's <c>conclusion</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Conclusion>))]
public enum Conclusion
{
    [JsonStringEnumMemberName("deployed")] Deployed,
    [JsonStringEnumMemberName("rolled-back")] RolledBack,
    [JsonStringEnumMemberName("forbidden")] Forbidden,
    [JsonStringEnumMemberName("incomplete")] Incomplete,
    [JsonStringEnumMemberName("unverified")] Unverified,
    [JsonStringEnumMemberName("refused")] Refused,
    [JsonStringEnumMemberName("cancelled")] Cancelled,
    [JsonStringEnumMemberName("parked")] Parked,

    /// <summary>Not a release: schemas were brought back from a backup.</summary>
    [JsonStringEnumMemberName("restored")] Restored,
}

/// <summary>The process exit codes; their meaning is a contract (docs/exit-codes.md).</summary>
public enum ExitCode
{
    Done = 0,
    Failed = 1,
    PersonNeeded = 2,
    Refused = 3,
    Usage = 64,
    Cancelled = 130,
}

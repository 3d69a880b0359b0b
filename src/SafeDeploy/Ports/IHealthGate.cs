using System.Text.Json.Serialization;
using SafeDeploy.Ledger;

namespace SafeDeploy.Ports;

[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
public enum Verdict
{
    [JsonStringEnumMemberName("pass")] Pass,
    [JsonStringEnumMemberName("fail")] Fail,

    /// <summary>No data, or too little to judge: neither pass nor fail; <c>health.on_inconclusive</c> decides.</summary>
    [JsonStringEnumMemberName("inconclusive")] Inconclusive,
}

/// <summary>One health check. Reads only.</summary>
public interface IHealthGate
{
    string Name { get; }

    /// <summary>A red critical gate fails the deployment; a red one that is not is a warning.</summary>
    bool IsCritical { get; }

    /// <summary>Takes one reading. Never throws for an unhealthy subject.</summary>
    Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation);
}

/// <summary>What a gate is asked about.</summary>
/// <param name="Slot">Ask these instances directly, or null: ask through the front door.</param>
/// <param name="ExpectedVersion">The version that must answer, or null when any may.</param>
/// <param name="Baseline">From before the deploy; null when none was taken.</param>
/// <param name="Before">The snapshot from before the deploy; null before the first.</param>
/// <param name="DeploymentStarted">For queries that count what happened since.</param>
public sealed record GateScene(string? Slot, string? ExpectedVersion, HealthBaseline? Baseline, WorldSnapshot? Before, DateTimeOffset DeploymentStarted);

/// <param name="Measured">What was seen, with unit.</param>
/// <param name="Threshold">What was asked for, with unit.</param>
/// <param name="Detail">The evidence: the answer's first line, the tenants that fail. May be empty.</param>
public sealed record GateReading(string Gate, Verdict Verdict, string Measured, string Threshold, string Detail, bool IsCritical)
{
    /// <summary>95th percentile of the response times in milliseconds; null where no request was timed.</summary>
    public double? P95Ms { get; init; }

    /// <summary>Share of requests that failed, 0 to 1; null where none was made.</summary>
    public double? ErrorShare { get; init; }
}

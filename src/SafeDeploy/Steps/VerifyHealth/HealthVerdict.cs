using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>What one round of readings adds up to. Pure.</summary>
public abstract record HealthVerdict
{
    private HealthVerdict() { }

    /// <param name="Warnings">Red or undecided gates that are not critical, or that the policy lets pass. May be empty.</param>
    public sealed record Healthy(ImmutableArray<GateReading> Warnings) : HealthVerdict;

    /// <param name="Reasons">The readings that decide, the failed ones first. Never empty.</param>
    public sealed record Unhealthy(ImmutableArray<GateReading> Reasons) : HealthVerdict;

    /// <summary>Read again: <c>health.on_inconclusive</c> is <c>hold</c>.</summary>
    public sealed record Undecided(ImmutableArray<GateReading> Open) : HealthVerdict;

    /// <summary>A red critical gate fails; a red one that is not warns; an inconclusive critical one follows the policy.</summary>
    public static HealthVerdict Of(IEnumerable<GateReading> readings, InconclusivePolicy policy)
    {
        var all = readings.ToImmutableArray();
        var red = all.Where(r => r is { IsCritical: true, Verdict: Verdict.Fail }).ToImmutableArray();
        var open = all.Where(r => r is { IsCritical: true, Verdict: Verdict.Inconclusive }).ToImmutableArray();
        if (!red.IsEmpty || (!open.IsEmpty && policy == InconclusivePolicy.Fail))
            return new Unhealthy(policy == InconclusivePolicy.Fail ? red.AddRange(open) : red);
        if (!open.IsEmpty && policy == InconclusivePolicy.Hold)
            return new Undecided(open);
        return new Healthy([.. all.Where(r => r.Verdict != Verdict.Pass)]);
    }
}

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Reads all gates once, or until they are decided.</summary>
public sealed class GateRounds(ImmutableArray<IHealthGate> gates, HealthSettings settings, TimeProvider clock)
{
    public async Task<ImmutableArray<GateReading>> ReadAsync(GateScene scene, CancellationToken cancellation)
    {
        var readings = ImmutableArray.CreateBuilder<GateReading>(gates.Length);
        foreach (var gate in gates)
            readings.Add(await ReadAsync(gate, scene, cancellation));
        return readings.ToImmutable();
    }

    /// <summary>One decided round: where the policy is to hold, it reads again each interval until <c>health.within</c> is over.</summary>
    /// <param name="seen">Called with every round; null when nobody listens.</param>
    public async Task<HealthVerdict> DecideAsync(
        GateScene scene, Func<ImmutableArray<GateReading>, Task>? seen, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var readings = await ReadAsync(scene, cancellation);
            if (seen is not null)
                await seen(readings);
            var verdict = HealthVerdict.Of(readings, settings.OnInconclusive);
            if (verdict is not HealthVerdict.Undecided undecided)
                return verdict;
            if (clock.GetElapsedTime(started) >= settings.Within)
                return new HealthVerdict.Unhealthy(undecided.Open);
            await Task.Delay(settings.Interval, clock, cancellation);
        }
    }

    /// <summary>A gate that can not reach its subject is inconclusive; the reason stays in the reading.</summary>
    private static async Task<GateReading> ReadAsync(IHealthGate gate, GateScene scene, CancellationToken cancellation)
    {
        try
        {
            return await gate.ReadAsync(scene, cancellation);
        }
        catch (ProblemException failure)
        {
            var problem = failure.Problem;
            return new GateReading(gate.Name, Verdict.Inconclusive, $"{problem.Code} {problem.What}", "a reading", problem.Where, gate.IsCritical);
        }
    }
}

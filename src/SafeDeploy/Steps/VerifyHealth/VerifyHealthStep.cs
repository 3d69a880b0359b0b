using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Holds the gates against the release that serves, through the whole soak. Reads only; its success is the commit point.</summary>
/// <param name="gates">The configured gates and <see cref="FrontGate"/>; may be empty.</param>
/// <param name="target">Null when no image is deployed.</param>
/// <param name="version">The version that must answer; null = any.</param>
public sealed class VerifyHealthStep(HealthSettings settings, ImmutableArray<IHealthGate> gates, IDeployTarget? target, string? version) : IStep
{
    public StepName Name => StepName.VerifyHealth;

    public async Task<StepOutcome> RunAsync(RunContext run)
    {
        if (gates.IsEmpty && target is null)
            return new StepOutcome.Skipped("no gate is configured and nothing is deployed");
        var journal = new GateJournal("front", fact => run.RecordAsync(Name, fact));
        try
        {
            return await SoakAsync(run, journal);
        }
        finally
        {
            // The last readings are evidence whatever the end; a lost hold can not write any more, and says so itself.
            if (!run.Hold.Lost.IsCancellationRequested)
                await journal.CloseAsync();
        }
    }

    private async Task<StepOutcome> SoakAsync(RunContext run, GateJournal journal)
    {
        var rounds = new GateRounds(gates, settings, run.Clock);
        var scene = new HealthJudge(settings, gates, target, run.Clock).Scene(run.History, null, version);
        var started = run.Clock.GetTimestamp();
        var warned = new HashSet<string>(StringComparer.Ordinal);
        for (var count = 1; ; count++)
        {
            var soaked = run.Clock.GetElapsedTime(started);
            if (await SickInstanceAsync(run) is { } sick)
                return new StepOutcome.Failed(sick);
            var verdict = await rounds.DecideAsync(scene, journal.SeenAsync, run.Cancellation);
            if (verdict is HealthVerdict.Unhealthy unhealthy)
                return new StepOutcome.Failed(HealthProblems.Unhealthy("front", unhealthy, soaked));
            Warn(run, ((HealthVerdict.Healthy)verdict).Warnings, warned);
            var left = settings.Soak - run.Clock.GetElapsedTime(started);
            run.Story.Progress("soak, seconds", (int)Math.Min(settings.Soak.TotalSeconds, (settings.Soak - left).TotalSeconds), (int)settings.Soak.TotalSeconds, soaked);
            if (left <= TimeSpan.Zero)
                return new StepOutcome.Succeeded($"{Wording.Count(gates.Length, "gate")} held through a soak of {Duration.Text(settings.Soak)} in {Wording.Count(count, "round")}{Warnings(warned)}");
            await Task.Delay(left < settings.Interval ? left : settings.Interval, run.Clock, run.Cancellation);
        }
    }

    /// <summary>An instance that ends or restarts while it serves is a failure, whoever answers for it meanwhile.</summary>
    private async Task<Problem?> SickInstanceAsync(RunContext run)
    {
        if (target is null || run.History.NewSlot() is not { } slot)
            return null;
        foreach (var instance in await target.InstancesAsync(slot, run.Cancellation))
        {
            if (instance.OutOfMemory)
                return HealthProblems.InstanceOutOfMemory(instance, slot);
            if (instance.Phase == "restarting" || instance.Restarts > 0)
                return HealthProblems.InstanceRestarts(instance, slot);
            if (instance.Phase is "exited" or "dead")
                return HealthProblems.InstanceExited(instance, slot);
        }

        return null;
    }

    private static void Warn(RunContext run, ImmutableArray<GateReading> warnings, HashSet<string> warned)
    {
        foreach (var warning in warnings)
            if (warned.Add(warning.Gate))
                run.Story.Warning(HealthProblems.Line(warning));
    }

    private static string Warnings(HashSet<string> warned) =>
        warned.Count == 0 ? "" : $"; warnings from {string.Join(", ", warned.Order(StringComparer.Ordinal))}";
}

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Waits until every instance of a slot lives, is ready and names the expected version; a hopeless one ends the wait at once.</summary>
public sealed class ReadinessProbe(IDeployTarget target, HealthSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(5);

    /// <param name="version">The version that must answer; null = any.</param>
    /// <returns>Null when all instances are ready.</returns>
    public async Task<Problem?> WaitAsync(string slot, string? version, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = Shorter(pause * 1.5, LongestPause))
        {
            var instances = await target.InstancesAsync(slot, cancellation);
            if (instances.IsEmpty)
                return HealthProblems.SlotEmpty(slot);
            if (Hopeless(instances, slot) is { } hopeless)
                return hopeless;
            var left = settings.Within - clock.GetElapsedTime(started);
            var round = await AskAsync(slot, version, instances, Shorter(left, LongestAnswer), cancellation);
            if (round.Decided)
                return round.Problem;
            // Asked once more after the answer: an instance that died meanwhile tells more than its silence.
            left = settings.Within - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                return Hopeless(await target.InstancesAsync(slot, cancellation), slot) ?? round.Problem;
            await Task.Delay(Shorter(pause, left), clock, cancellation);
        }
    }

    private sealed record Round(bool Decided, Problem? Problem);

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>States that no waiting mends: read from the engine within a second instead of after the whole window.</summary>
    private static Problem? Hopeless(ImmutableArray<InstanceState> instances, string slot)
    {
        foreach (var instance in instances)
        {
            if (instance.OutOfMemory)
                return HealthProblems.InstanceOutOfMemory(instance, slot);
            if (instance.Restarts > 0 || instance.Phase == "restarting")
                return HealthProblems.InstanceRestarts(instance, slot);
            if (instance.Phase is "exited" or "dead" or "removing")
                return HealthProblems.InstanceExited(instance, slot);
        }

        return null;
    }

    private async Task<Round> AskAsync(
        string slot, string? version, ImmutableArray<InstanceState> instances, TimeSpan timeout, CancellationToken cancellation)
    {
        var time = timeout > TimeSpan.FromMilliseconds(250) ? timeout : TimeSpan.FromMilliseconds(250);
        var ready = 0;
        Problem? first = null;
        foreach (var instance in instances)
        {
            var (path, answer) = await ReadyAnswerAsync(slot, instance.Id, time, cancellation);
            if (!answer.IsSuccess)
            {
                first ??= HealthProblems.StillNotReady(
                    slot, instance.Name, ready, instances.Length, path, answer, settings.Within, instance.LastLog);
                continue;
            }

            if (await WrongVersionAsync(slot, instance, version, path, answer, time, cancellation) is { } wrong)
                return new Round(true, wrong);
            ready++;
        }

        return first is null ? new Round(true, null) : new Round(false, first);
    }

    /// <summary>Liveness first, then readiness: a live process that is not ready is not ready.</summary>
    private async Task<(string Path, HttpAnswer Answer)> ReadyAnswerAsync(string slot, string instance, TimeSpan timeout, CancellationToken cancellation)
    {
        var answered = (Path: settings.Liveness ?? settings.Readiness ?? "/", Answer: HttpAnswer.None("not asked", TimeSpan.Zero));
        foreach (var path in new[] { settings.Liveness, settings.Readiness }.OfType<string>().DefaultIfEmpty("/"))
        {
            answered = (path, await target.AskInstanceAsync(slot, instance, HttpQuestion.Get(path, timeout), cancellation));
            if (!answered.Answer.IsSuccess)
                break;
        }

        return answered;
    }

    private async Task<Problem?> WrongVersionAsync(
        string slot, InstanceState instance, string? version, string path, HttpAnswer answer, TimeSpan timeout, CancellationToken cancellation)
    {
        if (version is null || settings.Version is not { } proof)
            return null;
        if (proof is VersionProof.Body body)
        {
            path = body.Path;
            answer = await target.AskInstanceAsync(slot, instance.Id, HttpQuestion.Get(path, timeout), cancellation);
        }

        var where = $"slot {slot}, instance {instance.Name}: GET {path}";
        return VersionCheck.Of(proof, answer) switch
        {
            null => HealthProblems.SaysNoVersion(where, VersionCheck.Words(proof)),
            { } found when found != version => HealthProblems.AnswersAs(where, version, found, instance.LastLog),
            _ => null,
        };
    }
}

using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Integrations.HealthGates.Http;

/// <summary>Sends its own requests and judges status, body, error share and the 95th percentile of latency.</summary>
/// <param name="target">Null when no image is deployed; the front is then asked only.</param>
/// <param name="front">Null when there is no front.</param>
public sealed class HttpGate(GateSettings.Http settings, IDeployTarget? target, AskFront? front, TimeProvider clock) : IHealthGate
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(30);

    public string Name => settings.Name;

    public bool IsCritical => settings.Critical;

    public async Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation)
    {
        var ask = await AskerAsync(scene, cancellation);
        if (ask is null)
            return new GateReading(
                Name, Verdict.Inconclusive, scene.Slot is null ? "there is no front to ask" : $"slot {scene.Slot} has no instance to ask",
                HttpJudgement.Threshold(settings, scene), "", IsCritical);
        var answers = await TakeAsync(ask, settings.Samples, cancellation);
        var wanted = HttpJudgement.SamplesToJudge(settings);
        // One failure among few requests says little: more are sent until the share can be told from its limit.
        if (answers.Length >= settings.Samples && answers.Length < wanted && HttpJudgement.IsOpen(settings, answers))
            answers = answers.AddRange(await TakeAsync(ask, wanted - answers.Length, cancellation));
        return HttpJudgement.Of(settings, scene, answers);
    }

    private Task<ImmutableArray<HttpAnswer>> TakeAsync(AskFront ask, int count, CancellationToken cancellation) =>
        RequestSamples.TakeAsync(ask, settings.Path, count, AtOnce, Timeout, LongestRound, clock, cancellation);

    /// <summary>Through the front, or the slot's instances in turn.</summary>
    private async Task<AskFront?> AskerAsync(GateScene scene, CancellationToken cancellation)
    {
        if (scene.Slot is not { } slot || target is null)
            return front;
        var instances = await target.InstancesAsync(slot, cancellation);
        if (instances.IsEmpty)
            return null;
        var turn = -1;
        return (question, token) => target.AskInstanceAsync(
            slot, instances[Interlocked.Increment(ref turn) % instances.Length].Id, question, token);
    }

    /// <summary>Milliseconds or seconds as people read them.</summary>
    internal static string Text(TimeSpan time) => time.TotalMilliseconds < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s");
}

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Health;

/// <summary>Builders of what the health tests need usually.</summary>
internal static class Scenes
{
    public static readonly DateTimeOffset Started = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    public static HealthSettings Settings(InconclusivePolicy policy = InconclusivePolicy.Fail, VersionProof? version = null) => new(
        null, "/live", "/ready", version ?? new VersionProof.Header("X-App-Version"), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5),
        TimeSpan.FromSeconds(10), policy, []);

    public static GateScene Front(HealthBaseline? baseline = null, WorldSnapshot? before = null) => new(null, "v2", baseline, before, Started);

    public static GateReading Reading(Verdict verdict, bool critical = true, string gate = "numbering") =>
        new(gate, verdict, "3 of 20 tenants fail", "the query gives true", "\"tenant_a\" (false)", critical);

    public static HttpAnswer Answer(int status, string body = "", string? version = "v2", double ms = 5) => new(
        status, version is null ? ImmutableDictionary<string, string>.Empty : ImmutableDictionary<string, string>.Empty.Add("x-app-version", version),
        body, TimeSpan.FromMilliseconds(ms), "");

    public static HttpAnswer Silence(string error = "connection refused") => HttpAnswer.None(error, TimeSpan.Zero);

    public static InstanceState Running(string name = "backend-1") => new(name, name, "running", null, 0, false, "");
}

/// <summary>A gate that gives the next of its verdicts each time, then its last for ever.</summary>
internal sealed class ScriptedGate(string name, bool critical, params Verdict[] verdicts) : IHealthGate
{
    public int Read { get; private set; }

    public string Name => name;

    public bool IsCritical => critical;

    public Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation) => Task.FromResult(
        new GateReading(name, verdicts[Math.Min(Read++, verdicts.Length - 1)], $"reading {Read}", "all well", "", critical));
}

/// <summary>A deploy target of which only instances and their answers count.</summary>
internal sealed class AskedTarget : IDeployTarget
{
    public Func<ImmutableArray<InstanceState>> Instances { get; init; } = () => [Scenes.Running()];

    public Func<string, HttpQuestion, HttpAnswer> Answers { get; init; } = (_, _) => Scenes.Answer(200);

    public string Kind => "asked";

    public bool CanHold => false;

    public void GuardWith(ILedgerHold hold) { }

    public Task<ImmutableArray<InstanceState>> InstancesAsync(string slot, CancellationToken cancellation) => Task.FromResult(Instances());

    public Task<HttpAnswer> AskInstanceAsync(string slot, string instance, HttpQuestion question, CancellationToken cancellation) =>
        Task.FromResult(Answers(instance, question));

    public Task<HttpAnswer> AskFrontAsync(HttpQuestion question, CancellationToken cancellation) => Task.FromResult(Answers("front", question));

    public Task<TargetState> StateAsync(CancellationToken cancellation) => Task.FromResult(new TargetState(null, false, []));

    public Task<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation) =>
        Task.FromResult(new ResolvedImage(reference, "sha256:now", reference, null));

    public Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task PrepareAsync(string item, CancellationToken cancellation) => throw new NotSupportedException();

    public string SpecOf(Release release, string slot, DeploymentId deployment) => throw new NotSupportedException();

    public Task StartAsync(Release release, string slot, string spec, CancellationToken cancellation) => throw new NotSupportedException();

    public Task SwitchAsync(string? toSlot, CancellationToken cancellation) => throw new NotSupportedException();

    public Task HoldAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task StopWorkersAsync(string slot, CancellationToken cancellation) => throw new NotSupportedException();

    public Task StartWorkersAsync(string slot, Release release, string spec, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<string> RemoveAsync(string slot, CancellationToken cancellation) => throw new NotSupportedException();

    public Task RetireAsync(string slot, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A run whose ledger is a list and whose story is kept.</summary>
internal sealed class KeptRun : ILedgerHold, IStory
{
    private readonly List<LedgerEntry> _entries = [];

    public KeptRun(TimeProvider clock, RunCancellation? cancellation = null) =>
        Context = new RunContext(this, LedgerHistory.Empty, this, clock, cancellation ?? RunCancellation.None);

    public RunContext Context { get; }

    public List<string> Told { get; } = [];

    public IEnumerable<LedgerFact> Facts => _entries.Select(e => e.Fact);

    public DeploymentId Deployment => new("prod-7-1");

    public string Environment => "prod";

    public int Epoch => 1;

    public CancellationToken Lost => CancellationToken.None;

    public Task<LedgerEntry> AppendAsync(StepName? step, LedgerFact fact, CancellationToken cancellation)
    {
        _entries.Add(new LedgerEntry(_entries.Count + 1, Deployment, Epoch, Scenes.Started, step, fact));
        return Task.FromResult(_entries[^1]);
    }

    public Task EnsureHeldAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<ImmutableArray<LedgerEntry>> ReadAsync(CancellationToken cancellation) => Task.FromResult(_entries.ToImmutableArray());

    public Task ParkAsync(DateTimeOffset until, string after, CancellationToken cancellation) => Task.CompletedTask;

    public Task ConcludeAsync(LedgerFact.Concluded end, CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Stage(StepName step, string sentence) => Told.Add($"stage {sentence}");

    public void Detail(string line) => Told.Add(line);

    public void Warning(string line) => Told.Add($"warning {line}");

    public void Progress(string what, int done, int total, TimeSpan elapsed) { }

    /// <summary>Turns the clock whenever the work waits for it, until it is done.</summary>
    public static async Task<T> TurningAsync<T>(FakeClock clock, Task<T> work)
    {
        while (!work.IsCompleted)
        {
            if (clock.Waiting > 0)
                clock.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        return await work;
    }
}

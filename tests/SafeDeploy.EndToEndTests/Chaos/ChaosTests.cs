using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.EndToEndTests.Crash;
using Xunit.Abstractions;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>Kill −9 at random moments of run, rollback and recover, and what else goes wrong in a data centre; then <c>recover</c>.</summary>
/// <remarks>
/// A small part plays in every test run. <c>./build chaos</c> plays it in full (docs/contributing/chaos.md):
/// SAFE_DEPLOY_CHAOS_KILLS, _TENANTS, _CONTAINERS, _AT_ONCE and _SEED say how much of it; _REPORT is the file for what was injected and found.
/// </remarks>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private readonly ConcurrentQueue<Ending> _endings = new();
    private readonly object _writing = new();

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable("SAFE_DEPLOY_CHAOS_" + name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static bool InFull => Number("KILLS", 0) > 0;

    [Fact]
    public async Task Whatever_is_killed_or_cut_off_at_whatever_moment_recover_ends_in_one_state()
    {
        var seed = Number("SEED", Random.Shared.Next(1, 1_000_000));
        var tenants = Number("TENANTS", 6);
        Report($"seed {seed}; {tenants} tenants");
        await using var worlds = await Worlds.CreateAsync(tenants, InFull);
        var (faults, skipped) = InFull ? Faults.OfThisMachine() : ([Faults.SessionsEnded, Faults.NetworkBlinks], []);
        await SufferAllAsync(worlds, faults, seed);
        var containers = Number("CONTAINERS", 0);
        if (containers > 0 && !OwnEngine.IsPossible)
            (containers, skipped) = (0, skipped.Add("stories with containers, the Docker engine restarted among them: an engine of one's own takes root and dockerd"));
        await Task.WhenAll(KillAllAsync(worlds, Number("KILLS", 3), seed), ContainersAsync(containers, seed));
        if (InFull)
            await AloneAsync(worlds, seed);
        Summarise(skipped);
        Assert.True(_endings.All(e => e.Wrong is null), string.Join("\n\n", _endings.Select(e => e.Wrong).OfType<string>()));
    }

    private async Task KillAllAsync(Worlds worlds, int wanted, int seed)
    {
        var (number, killed) = (0, 0);
        await SideBySideAsync(async () =>
        {
            while (Volatile.Read(ref killed) < wanted)
            {
                var dice = new Random(seed + Interlocked.Increment(ref number));
                var ending = await new Story(worlds.Any(dice), dice).KillAsync();
                Interlocked.Add(ref killed, ending.Kills);
                Keep(ending);
            }
        });
    }

    private async Task SufferAllAsync(Worlds worlds, ImmutableArray<Fault> faults, int seed)
    {
        var all = new ConcurrentQueue<Story>();
        var kinds = new ConcurrentQueue<Fault>();
        foreach (var fault in Enumerable.Repeat(faults, InFull ? 3 : 1).SelectMany(f => f))
        {
            var dice = new Random(seed - kinds.Count - 1);
            all.Enqueue(new Story(fault.When is null ? worlds.Any(dice) : worlds.AnyRun(dice), dice));
            kinds.Enqueue(fault);
        }

        await SideBySideAsync(async () =>
        {
            while (all.TryDequeue(out var story) && kinds.TryDequeue(out var fault))
                Keep(await story.SufferAsync(fault));
        });
    }

    private async Task ContainersAsync(int wanted, int seed)
    {
        if (wanted == 0)
            return;
        await using var stories = await ContainerStories.RehearsedAsync();
        for (var number = 1; number <= wanted; number++)
            Keep(await stories.PlayAsync(restarts: number % 2 == 1, new Random(seed * 31 + number)));
    }

    /// <summary>What strikes every world at once is played with one alone.</summary>
    private async Task AloneAsync(Worlds worlds, int seed)
    {
        for (var time = 1; time <= 4; time++)
        {
            var dice = new Random(-seed - time);
            Keep(await new Story(worlds.Any(dice), dice).SufferAsync(Faults.ServerStopped));
        }
    }

    private static Task SideBySideAsync(Func<Task> work) =>
        Task.WhenAll(Enumerable.Range(0, Number("AT_ONCE", 2)).Select(_ => work()));

    private void Keep(Ending ending)
    {
        _endings.Enqueue(ending);
        Report($"{(ending.Wrong is null ? "held " : "WRONG")}  {ending.Line}");
        if (ending.Wrong is { } wrong)
            Report(wrong);
    }

    private void Summarise(ImmutableArray<string> skipped)
    {
        foreach (var one in skipped)
            Report($"skipped: {one}");
        foreach (var outcome in _endings.GroupBy(e => e.Outcome).OrderByDescending(g => g.Count()))
            Report(string.Create(CultureInfo.InvariantCulture, $"{outcome.Count(),5} ended as: {outcome.Key}"));
        Report(string.Create(CultureInfo.InvariantCulture,
            $"{_endings.Sum(e => e.Kills)} kills and {_endings.Sum(e => e.Strikes)} other faults in {_endings.Count} stories; {_endings.Count(e => e.Wrong is null)} of {_endings.Count} held"));
    }

    private void Report(string line)
    {
        lock (_writing)
        {
            output.WriteLine(line);
            if (Environment.GetEnvironmentVariable("SAFE_DEPLOY_CHAOS_REPORT") is { Length: > 0 } file)
                File.AppendAllText(file, line + "\n");
        }
    }
}

/// <summary>The worlds that stories start from, and the scenes that play in them.</summary>
internal sealed class Worlds : IAsyncDisposable
{
    private readonly List<FileWorld> _worlds = [];
    private readonly List<Scene> _scenes = [];

    /// <param name="all">False: only the scene of every test run.</param>
    public static async Task<Worlds> CreateAsync(int tenants, bool all)
    {
        var worlds = new Worlds();
        if (all)
        {
            var first = await worlds.AddAsync(tenants, "v1");
            worlds._scenes.Add(await Scene.RehearsedAsync("run v1→v2", first, "run", "v2", "v1"));
            worlds._scenes.Add(await Scene.RehearsedAsync("run v1→v2, which falls ill after the switch", first, "run", "v2", "v1", "v2"));
        }

        var second = await worlds.AddAsync(tenants, "v1", "v2");
        worlds._scenes.Add(await Scene.RehearsedAsync("run v2→v5, incompatible and ill", second, "run", "v5", "v2", "v5"));
        if (all)
        {
            worlds._scenes.Add(await Scene.RehearsedAsync("run v2→v5, incompatible", second, "run", "v5", "v2"));
            worlds._scenes.Add(worlds._scenes[^1] with { Name = "run v2→v5, incompatible, whose database may not go back", IsBound = true });
            worlds._scenes.Add(await Scene.RehearsedAsync("rollback v2→v1", second, "rollback", "v2", "v1"));
            worlds._scenes.Add(await Scene.RehearsedAsync("rollback v5→v2", await worlds.AddAsync(tenants, "v1", "v2", "v5"), "rollback", "v5", "v2"));
        }

        return worlds;
    }

    public Scene AnyRun(Random dice)
    {
        var runs = _scenes.Where(s => s.Verb == "run").ToArray();
        return runs[dice.Next(runs.Length)];
    }

    public Scene Any(Random dice) => _scenes[dice.Next(_scenes.Count)];

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds)
            await world.DisposeAsync();
    }

    private async Task<FileWorld> AddAsync(int tenants, params string[] releases)
    {
        var world = await FileWorld.ServingAsync(tenants, releases);
        _worlds.Add(world);
        return world;
    }
}

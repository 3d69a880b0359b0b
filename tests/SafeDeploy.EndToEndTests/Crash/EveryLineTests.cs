using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>Kill −9 between every two lines of a run's ledger, then <c>recover</c>: one release everywhere, or the whole next one.</summary>
/// <remarks>
/// Over a target of files, where a run takes a second; <see cref="KillTests"/> plays the lines that concern containers on a real engine.
/// Of the way there and back of the incompatible release every ninth line is played, of the other every twelfth;
/// with <c>SAFE_DEPLOY_TEST_EVERY_LINE=1</c> every one of both.
/// </remarks>
public sealed class EveryLineTests(ITestOutputHelper output)
{
    private const int AtOnce = 3;

    private static bool EveryLine => Environment.GetEnvironmentVariable("SAFE_DEPLOY_TEST_EVERY_LINE") == "1";

    [Fact]
    public Task A_release_that_only_adds_is_finished_or_taken_back_whatever_line_it_died_after() => EachLineAsync(EveryLine ? 1 : 12, "v2", [], "v1");

    [Fact]
    public Task An_incompatible_release_is_taken_back_whatever_line_it_or_its_own_way_back_died_after() => EachLineAsync(EveryLine ? 1 : 9, "v5", ["v5"], "v1", "v2");

    private async Task EachLineAsync(int step, string to, string[] sick, params string[] releases)
    {
        await using var world = await FileWorld.ServingAsync(3, releases);
        var after = await AfterAsync(world, to);
        var failures = new ConcurrentQueue<string>();
        var (next, last, watch) = (1 - step, int.MaxValue, Stopwatch.StartNew());
        var endings = new ConcurrentDictionary<int, string>();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (Interlocked.Add(ref next, step) is var line && line < Volatile.Read(ref last))
            {
                if (await KillAfterAsync(world, line, to, sick, after) is not { } ending)
                    Interlocked.Exchange(ref last, Math.Min(line, Volatile.Read(ref last)));
                else if (ending is "deployed" or "rolled-back")
                    endings[line] = ending;
                else
                    failures.Enqueue($"after line {line.ToString(CultureInfo.InvariantCulture)}: {ending}");
            }
        }));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{endings.Count} lines, {endings.Values.Count(e => e == "deployed")} finished, the others taken back, in {watch.Elapsed.TotalSeconds:0} s"));
        Assert.True(failures.IsEmpty, string.Join("\n\n", failures));
        Assert.True(endings.Count > 40 / step, $"the run has {endings.Count} lines only");
    }

    /// <summary>The database as the whole release makes it.</summary>
    internal static async Task<string> AfterAsync(FileWorld world, string to)
    {
        await using var site = await world.CopyAsync();
        var run = await site.CallAsync(to, "run");
        Assert.True(run.ExitCode == 0, run.ToString());
        return await Dump.OfAsync(site.Sample.Database);
    }

    /// <returns>Null when the run ended before the line; the conclusion; or what is wrong.</returns>
    private static async Task<string?> KillAfterAsync(FileWorld world, int line, string to, string[] sick, string after)
    {
        await using var site = await world.CopyAsync(sick);
        await using var stop = await LedgerStop.ArmAsync(site.Sample.Database, new LedgerPoint(null, null, line));
        using (var run = site.Start(to, "run"))
        {
            if (!await stop.ReachedAsync(run))
                return null;
            run.Kill();
            await run.EndAsync();
        }

        var recovered = await site.CallAsync(to, "recover", "--output", "json");
        try
        {
            Assert.True(recovered.ExitCode == 0, "recover did not end well");
            var conclusion = recovered.Json.GetProperty("conclusion").GetString()!;
            var isDone = conclusion == "deployed";
            await site.AssertOneStateAsync(isDone ? to : world.Serves, isDone ? [after] : [world.Before, after]);
            if (line % 10 != 1)
                return conclusion;
            var again = await site.CallAsync(to, "recover");
            Assert.True(again.ExitCode == 0 && again.Out.StartsWith("nothing to recover", StringComparison.Ordinal), $"a second recover: {again}");
            return conclusion;
        }
        catch (Exception wrong)
        {
            return $"{wrong.Message}\n--- recover: {recovered}";
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>What came of one story.</summary>
/// <param name="Kills">Processes that lived when they were killed.</param>
/// <param name="Strikes">Other faults that met a process alive.</param>
/// <param name="Wrong">Null when everything held.</param>
internal sealed record Ending(string Line, int Kills, int Strikes, string Outcome, string? Wrong);

/// <summary>One thing done, something gone wrong in it, and <c>recover</c> at the end.</summary>
internal sealed class Story(Scene scene, Random dice)
{
    // A recovery that is killed is called again; somebody stops killing in the end.
    private const int MostKills = 4;

    public const string LastLine = "select concat_ws('/', e.step, e.kind) from safe_deploy.entry e order by e.sequence desc limit 1";

    private readonly StringBuilder _line = new(scene.Name);
    private int _kills;
    private int _strikes;

    /// <summary>Kill −9 at a random moment of the verb, and perhaps of the recoveries that follow.</summary>
    public Task<Ending> KillAsync() => PlayAsync(async site =>
    {
        await KillOneAsync(site, scene.Verb, scene.Lines);
        while (_kills is > 0 and < MostKills && dice.Next(100) < 45)
            await KillOneAsync(site, "recover", scene.Lines / 2);
    });

    /// <summary>The fault strikes at a random moment; the program goes on with it as well as it can.</summary>
    public Task<Ending> SufferAsync(Fault fault) => PlayAsync(async site =>
    {
        await using var injection = await fault.Begin(site);
        using var run = site.Start(scene.To, scene.Verb);
        if (!await (fault.When is { } line ? ReachesAsync(site, run, line) : MomentAsync(site, run, scene.Lines)))
        {
            Say($": it ended before {fault.Name}, with {Words(await run.EndAsync())}");
            return;
        }

        var where = await LastLineAsync(site);
        await injection.StrikeAsync(run);
        _strikes++;
        var end = await run.EndAsync();
        Say($": {fault.Name} after {where}; it ended with {Words(end)}");
    });

    private async Task<Ending> PlayAsync(Func<FileSite, Task> goWrong)
    {
        await using var site = await scene.BeginAsync();
        var before = await site.Sample.VersionsAsync();
        try
        {
            await goWrong(site);
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            return new Ending(_line.ToString(), _kills, _strikes, "no end", $"{_line}: {broken}");
        }

        var watch = Stopwatch.StartNew();
        var recovered = await site.CallAsync(scene.To, "recover", "--output", "json");
        try
        {
            Assert.True(recovered.ExitCode == 0 || (scene.IsBound && recovered.ExitCode == 2), "recover did not end well");
            var outcome = recovered.ExitCode == 0
                ? $"{await scene.CheckAsync(site, recovered.Json.GetProperty("conclusion").GetString()!)}, one version, data equal"
                : await scene.CheckListAsync(site, recovered.Json, before);
            Say(string.Create(CultureInfo.InvariantCulture, $"; recover ({watch.Elapsed.TotalSeconds:0.0} s): {outcome}"));
            return new Ending(_line.ToString(), _kills, _strikes, outcome, null);
        }
        catch (Exception wrong) when (wrong is not OutOfMemoryException)
        {
            return new Ending(_line.ToString(), _kills, _strikes, $"recover exit {recovered.ExitCode}", $"{_line}\n{wrong.Message}\n--- recover: {recovered}");
        }
    }

    private async Task KillOneAsync(FileSite site, string verb, int lines)
    {
        using var run = site.Start(scene.To, verb);
        if (!await MomentAsync(site, run, lines))
        {
            Say($"; {verb} had ended before");
            return;
        }

        run.Kill();
        await run.EndAsync();
        _kills++;
        var where = await LastLineAsync(site);
        Say($"; {verb} killed after {where}");
    }

    /// <summary>Some moments after a line that is drawn among those that the verb writes: as far into its work on a slow machine as on a quick one.</summary>
    /// <returns>False when it ended before.</returns>
    private async Task<bool> MomentAsync(FileSite site, CliProcess run, int lines)
    {
        var line = await Scene.LinesAsync(site) + dice.Next(lines);
        await Eventually.Async(async () => run.HasExited || await Scene.LinesAsync(site) >= line, TimeSpan.FromMinutes(4), what: "the drawn line is written, or the program has ended");
        return !await run.EndsWithinAsync(TimeSpan.FromMilliseconds(dice.Next(400)));
    }

    private static async Task<bool> ReachesAsync(FileSite site, CliProcess run, string line)
    {
        await Eventually.Async(async () => run.HasExited || await LastLineAsync(site) == line, TimeSpan.FromMinutes(4), what: $"{line} is written, or the program has ended");
        return !run.HasExited;
    }

    private static async Task<string> LastLineAsync(FileSite site) => await site.Sample.Database.ScalarAsync<string>(LastLine) ?? "nothing";

    public static string Words(CliResult end) => end.ExitCode.ToString(CultureInfo.InvariantCulture)
        + (end.ExitCode is 0 || end.Problems is not [var first, ..] ? "" : $" ({first.Split('\n')[0]})");

    private void Say(string words) => _line.Append(words);
}

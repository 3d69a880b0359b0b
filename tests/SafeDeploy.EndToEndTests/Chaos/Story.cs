using System.Diagnostics;
using System.Globalization;
using System.Text;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>What came of one story.</summary>
/// <param name="Kills">Processes that lived when they were killed.</param>
/// <param name="Wrong">Null when everything held.</param>
internal sealed record Ending(string Line, int Kills, string Outcome, string? Wrong);

/// <summary>One thing done, something gone wrong in it, and <c>recover</c> at the end.</summary>
internal sealed class Story(Scene scene, Random dice)
{
    // A recovery that is killed is called again; somebody stops killing in the end.
    private const int MostKills = 4;

    private const string LastLine = "select concat_ws('/', e.step, e.kind) from safe_deploy.entry e order by e.sequence desc limit 1";

    private readonly StringBuilder _line = new(scene.Name);
    private int _kills;

    /// <summary>Kill −9 at a random moment of the verb, and perhaps of the recoveries that follow.</summary>
    public Task<Ending> KillAsync() => PlayAsync(async site =>
    {
        await KillOneAsync(site, scene.Verb, scene.Takes);
        while (_kills is > 0 and < MostKills && dice.Next(100) < 45)
            await KillOneAsync(site, "recover", scene.Takes / 2);
    });

    /// <summary>The fault strikes at a random moment; the program goes on with it as well as it can.</summary>
    public Task<Ending> SufferAsync(Fault fault) => PlayAsync(async site =>
    {
        await using var injection = await fault.Begin(site);
        using var run = site.Start(scene.To, scene.Verb);
        var at = Moment(scene.Takes);
        if (await run.EndsWithinAsync(at))
        {
            Say($": it had ended before {fault.Name}");
            return;
        }

        var where = await LastLineAsync(site);
        await injection.StrikeAsync(run);
        var end = await run.EndAsync();
        Say(string.Create(CultureInfo.InvariantCulture, $": {fault.Name} at {at.TotalSeconds:0.00} s (after {where}); it ended with {end.ExitCode}"));
    });

    private async Task<Ending> PlayAsync(Func<FileSite, Task> goWrong)
    {
        await using var site = await scene.World.CopyAsync(scene.Sick);
        try
        {
            await goWrong(site);
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            return new Ending(_line.ToString(), _kills, "no end", $"{_line}: {broken}");
        }

        var watch = Stopwatch.StartNew();
        var recovered = await site.CallAsync(scene.To, "recover", "--output", "json");
        try
        {
            Assert.True(recovered.ExitCode == 0, "recover did not end well");
            var outcome = await scene.CheckAsync(site, recovered.Json.GetProperty("conclusion").GetString()!);
            Say(string.Create(CultureInfo.InvariantCulture, $"; recover ({watch.Elapsed.TotalSeconds:0.0} s): {outcome}, one version, data equal"));
            return new Ending(_line.ToString(), _kills, outcome, null);
        }
        catch (Exception wrong) when (wrong is not OutOfMemoryException)
        {
            return new Ending(_line.ToString(), _kills, $"recover exit {recovered.ExitCode}", $"{_line}\n{wrong.Message}\n--- recover: {recovered}");
        }
    }

    private async Task KillOneAsync(FileSite site, string verb, TimeSpan takes)
    {
        using var run = site.Start(scene.To, verb);
        var at = Moment(takes);
        if (await run.EndsWithinAsync(at))
        {
            Say($"; {verb} had ended before");
            return;
        }

        run.Kill();
        await run.EndAsync();
        _kills++;
        var where = await LastLineAsync(site);
        Say(string.Create(CultureInfo.InvariantCulture, $"; {verb} killed at {at.TotalSeconds:0.00} s (after {where})"));
    }

    private TimeSpan Moment(TimeSpan takes) => takes * dice.NextDouble();

    private static async Task<string> LastLineAsync(FileSite site) => await site.Sample.Database.ScalarAsync<string>(LastLine) ?? "nothing";

    private void Say(string words) => _line.Append(words);
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>The same with real containers on an engine of its own, which can be restarted: v1 serves, v2 is brought.</summary>
internal sealed class ContainerStories : IAsyncDisposable
{
    private const string Front = "safe-deploy-test/haproxy:local";

    private readonly OwnEngine _engine;
    private readonly List<string> _databases = [];
    private int _lines;

    private ContainerStories(OwnEngine engine) => _engine = engine;

    /// <summary>Plays it once without a fault: how much it writes, and what it makes of the database.</summary>
    public static async Task<ContainerStories> RehearsedAsync()
    {
        var stories = new ContainerStories(await OwnEngine.StartAsync("safe-deploy-sample/backend:v1", "safe-deploy-sample/backend:v2", Front));
        try
        {
            await stories.RehearseAsync();
            return stories;
        }
        catch
        {
            await stories.DisposeAsync();
            throw;
        }
    }

    private async Task RehearseAsync()
    {
        await using var sample = await ServingAsync();
        var before = await LinesAsync(sample);
        _databases.Add(await Dump.OfAsync(sample.Database));
        await sample.DeployAsync("v2");
        _databases.Add(await Dump.OfAsync(sample.Database));
        _lines = await LinesAsync(sample) - before;
        await RemoveAsync(sample);
    }

    /// <param name="restarts">The engine is restarted; else the program is killed.</param>
    public async Task<Ending> PlayAsync(bool restarts, Random dice)
    {
        var line = $"containers, run v1→v2: {(restarts ? "the Docker engine restarted" : "run killed")}";
        var (kills, strikes) = (0, 0);
        await using var sample = await ServingAsync();
        var told = "";
        try
        {
            using var run = sample.Start("v2", ["run"]);
            var drawn = await LinesAsync(sample) + dice.Next(_lines);
            await Eventually.Async(async () => run.HasExited || await LinesAsync(sample) >= drawn, TimeSpan.FromMinutes(4), what: "the drawn line is written, or the program has ended");
            if (await run.EndsWithinAsync(TimeSpan.FromMilliseconds(dice.Next(400))))
                return new Ending($"{line}: it had ended before", 0, 0, "ended before", null);
            var where = await sample.Database.ScalarAsync<string>(Story.LastLine);
            if (restarts)
                await _engine.RestartAsync();
            else
                run.Kill();
            (kills, strikes) = restarts ? (0, 1) : (1, 0);
            var end = await run.EndAsync();
            line += $" after {where}{(restarts ? $"; it ended with {Story.Words(end)}" : "")}";
            var watch = Stopwatch.StartNew();
            var recovered = await sample.RunAsync("v2", "recover --output json");
            told = recovered.ToString();
            Assert.True(recovered.ExitCode == 0, "recover did not end well");
            var outcome = await CheckAsync(sample, recovered.Json.GetProperty("conclusion").GetString()!);
            return new Ending(
                string.Create(CultureInfo.InvariantCulture, $"{line}; recover ({watch.Elapsed.TotalSeconds:0.0} s): {outcome}, one version, data equal"), kills, strikes, outcome, null);
        }
        catch (Exception wrong) when (wrong is not OutOfMemoryException)
        {
            return new Ending(line, kills, strikes, "does not hold", $"{line}\n{wrong.Message}\n--- containers: {await ContainersAsync(sample)}\n--- recover: {told}");
        }
        finally
        {
            await RemoveAsync(sample);
        }
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private async Task<Sample> ServingAsync()
    {
        var sample = await Sample.EmptyAsync();
        sample.Configure(("  docker:\n", $"  docker:\n    host: {_engine.Host}\n"));
        await sample.DeployAsync("v1");
        await sample.SqlFileAsync("seed/data.sql");
        return sample;
    }

    private async Task<string> CheckAsync(Sample sample, string conclusion)
    {
        var serves = conclusion == "deployed" && await IsBroughtAsync(sample) ? "v2" : "v1";
        Assert.Equal((HttpStatusCode.OK, serves), await sample.AskFrontAsync());
        var running = (await ContainersAsync(sample)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(v => v.Length > 0).Distinct();
        Assert.Equal(serves, string.Join(", ", running));
        Assert.Single(await sample.TenantVersionsAsync());
        Assert.True(await sample.Database.ScalarAsync<bool>("select concluded and parked_until is null from safe_deploy.environment"), "the environment is not concluded");
        var now = await Dump.OfAsync(sample.Database);
        Assert.True(_databases.Contains(now), $"the database is neither that of before nor that of after: {Dump.FirstDifference(now, _databases[^1])}");
        return $"{conclusion}, {serves} serves";
    }

    /// <summary>Killed before it had opened its deployment, nothing was begun: the former one is the last.</summary>
    private static async Task<bool> IsBroughtAsync(Sample sample) => await sample.Database.ScalarAsync<string>(
        "select d.to_release ->> 'version' from safe_deploy.environment e join safe_deploy.deployment d on d.id = e.deployment") == "v2";

    /// <summary>Versions of the containers that run, one a line; the front has none.</summary>
    private Task<string> ContainersAsync(Sample sample) =>
        _engine.DockerAsync("ps", "--filter", $"label=safe-deploy.service={sample.Service}", "--format", "{{.Label \"safe-deploy.version\"}}");

    private async Task RemoveAsync(Sample sample)
    {
        var of = $"label=safe-deploy.service={sample.Service}";
        var containers = await _engine.DockerAsync("ps", "-aq", "--no-trunc", "--filter", of);
        if (Ids(containers) is { Length: > 0 } ids)
            await _engine.DockerAsync(["rm", "-fv", .. ids]);
        if (Ids(await _engine.DockerAsync("network", "ls", "-q", "--no-trunc", "--filter", of)) is { Length: > 0 } networks)
            await _engine.DockerAsync(["network", "rm", .. networks]);
    }

    private static string[] Ids(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static async Task<int> LinesAsync(Sample sample) => (int)await sample.Database.ScalarAsync<long>("select count(*) from safe_deploy.entry");
}

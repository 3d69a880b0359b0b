using System.Text.Json;
using SafeDeploy.EndToEndTests.Crash;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>What is being done when something goes wrong: a verb on a world, and where it may end.</summary>
/// <param name="Verb"><c>run</c> or <c>rollback</c>.</param>
/// <param name="To">The release that the deployment brings, or brought.</param>
/// <param name="Back">What serves when it is taken back.</param>
/// <param name="Databases">The dumps that an end may have: before and after.</param>
/// <param name="Lines">How many lines the verb writes when nobody disturbs it.</param>
internal sealed record Scene(string Name, FileWorld World, string Verb, string To, string Back, string[] Sick, string[] Databases, int Lines)
{
    /// <summary>Its database may not go back: a deployment that is cut in the middle of the fleet stays so, and is a person's.</summary>
    public bool IsBound { get; init; }

    /// <summary>A copy of its world, told what the scene is about.</summary>
    public async Task<FileSite> BeginAsync()
    {
        var site = await World.CopyAsync(Sick);
        if (IsBound)
            site.Variables.Add(("ROLLBACK", "never"));
        return site;
    }

    public static async Task<int> LinesAsync(FileSite site) => (int)await site.Sample.Database.ScalarAsync<long>("select count(*) from safe_deploy.entry");

    /// <summary>Plays it once without a fault: how much it writes, and what it makes of the database.</summary>
    public static async Task<Scene> RehearsedAsync(string name, FileWorld world, string verb, string to, string back, params string[] sick)
    {
        await using var site = await world.CopyAsync(sick);
        var before = await LinesAsync(site);
        var end = await site.CallAsync(to, verb, "--output", "json");
        var isWell = sick.Length == 0 ? end.ExitCode == 0 : end.ExitCode == 1;
        Assert.True(isWell, $"{name}: {end}");
        var whole = verb == "run" ? await EveryLineTests.AfterAsync(world, to) : world.Before;
        return new Scene(name, world, verb, to, back, sick, [world.Before, await Dump.OfAsync(site.Sample.Database), whole], await LinesAsync(site) - before);
    }

    /// <summary>Where <c>recover</c> needs a person: it names exactly the scopes that differ, one release serves or traffic is held, and no scope is half-way.</summary>
    /// <param name="before">Versions of every scope at the start.</param>
    public async Task<string> CheckListAsync(FileSite site, JsonElement told, IReadOnlyDictionary<string, string> before)
    {
        var now = await site.Sample.VersionsAsync();
        var moved = now.Where(v => before.GetValueOrDefault(v.Key) != v.Value).Select(v => v.Key).Order(StringComparer.Ordinal).ToArray();
        var named = told.GetProperty("report").GetProperty("scopes").EnumerateArray()
            .Where(s => Versions(s, "forward").Except(Versions(s, "back")).Any())
            .Select(s => s.GetProperty("schema").GetString()!).Order(StringComparer.Ordinal).ToArray();
        Assert.True(moved.SequenceEqual(named), $"{string.Join(", ", moved)} moved, and these were named: {string.Join(", ", named)}");
        // What fits the schema goes on serving; where nothing is proved to, traffic is held until a person decides.
        Assert.Contains(site.Target.Serves, new[] { World.Serves, To, "held" });
        Assert.Equal("", await site.OddMovesAsync());
        return "a person is needed: the database may not go back, exactly the scopes that moved are named";
    }

    private static IEnumerable<string?> Versions(JsonElement scope, string direction) => scope.GetProperty(direction).EnumerateArray().Select(v => v.GetString());

    /// <summary>After <c>recover</c> ended well: one state, and the one that it says.</summary>
    public async Task<string> CheckAsync(FileSite site, string conclusion)
    {
        var current = await site.Sample.Database.ScalarAsync<string>(
            "select d.to_release ->> 'version' from safe_deploy.environment e join safe_deploy.deployment d on d.id = e.deployment");
        // Killed before it had opened its deployment, nothing was begun: the former one is the last.
        var serves = current == To && conclusion == "deployed" ? To : current == To ? Back : World.Serves;
        await site.AssertOneStateAsync(serves, Databases);
        return $"{conclusion}, {serves} serves";
    }
}

using SafeDeploy.EndToEndTests.Harness;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>The same sample and the same failures come to the same end on every CI host: exit codes, job, result, conclusion, decision, tenants.</summary>
public sealed class HostsAgreeTests
{
    private const string Twice = "create unique index item_code on item (code);"; // tenant_002 alone has one code twice

    /// <summary>A host that is added plays a migration that is pending, in a job of one step.</summary>
    private static readonly Dictionary<string, Func<Scenario, Task<Played>>> Hosts = new(StringComparer.Ordinal)
    {
        ["github"] = OnGitHubAsync,
        ["azure"] = OnAzureAsync,
        ["gitlab"] = OnGitLabAsync,
    };

    private static readonly Dictionary<string, Scenario> Scenarios = new(StringComparer.Ordinal)
    {
        ["released"] = new("alter table item add column note text;", "alter table item drop column note;", new End(0, 0, false, "succeeded", "deployed", "", "000002")),
        ["taken-back"] = new(Twice, "drop index item_code;", new End(1, 0, true, "succeeded", "rolled-back", "c", "000001")),
        ["needs-a-person"] = new($"alter table item drop column old_code; {Twice}", null, new End(1, 2, true, "person-needed", "forbidden", "d", "000001 000002")),
    };

    public static TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var host in Hosts.Keys)
            foreach (var scenario in Scenarios.Keys)
                rows.Add(host, scenario);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Every_host_comes_to_the_same_end(string host, string scenario)
    {
        var played = await Hosts[host](Scenarios[scenario]);
        Assert.True(Scenarios[scenario].Expected == played.End, $"{played.End}\n{played.Log}");
        Golden.Verify(played.Log, $"HostsAgree.{scenario}.{host}");
    }

    private static async Task<Played> OnGitHubAsync(Scenario scenario)
    {
        await using var fleet = await ActionFleet.CreateAsync(scenario.Second, scenario.Back);
        var job = await fleet.Job().RunAsync(await ActionFleet.StepAsync("migrate-tenants"));
        var end = await EndAsync(fleet.Sample, job.Steps[0].ExitCode, job.Steps[^1].ExitCode, job.Conclusion != JobConclusion.Success, job.Outputs["migrate-tenants"]["result"]);
        return new Played(end, Shown(job.Steps.Select(s => (s.Name, s.Log.AsEnumerable())), fleet.Sample, fleet.Workspace));
    }

    private static async Task<Played> OnAzureAsync(Scenario scenario)
    {
        await using var fleet = await AgentFleet.CreateAsync(scenario.Second, scenario.Back);
        var job = await fleet.Job().RunAsync(AgentFleet.Task("migrate-tenants"));
        var end = await EndAsync(fleet.Sample, job.Steps[0].ExitCode, job.Steps[^1].ExitCode, job.Status != "Succeeded", job.Variables["migrate-tenants.result"]);
        return new Played(end, Shown(job.Steps.Select(s => (s.Name, s.Log.AsEnumerable())), fleet.Sample, fleet.Workspace).Replace(fleet.Azure.Url, "COLLECTION", StringComparison.Ordinal));
    }

    private static async Task<Played> OnGitLabAsync(Scenario scenario)
    {
        await using var fleet = await ActionFleet.CreateAsync(scenario.Second, scenario.Back);
        var job = Assert.Single(await GitLabJobs.StepAsync(fleet.Sample, "migrate-tenants"));
        var end = await EndAsync(fleet.Sample, job.Exit, job.AfterExit, job.Status != "success", job.Dotenv["SAFE_DEPLOY_OUTPUT_RESULT"]);
        return new Played(end, Shown([("script", GitLabJobs.Readable(job.Log).Split('\n')), ("after_script", GitLabJobs.Readable(job.AfterLog).Split('\n'))], fleet.Sample, fleet.Sample.Home));
    }

    private static async Task<End> EndAsync(Sample sample, int? main, int? post, bool isRed, string result) => new(
        main, post, isRed, result, await FleetEnd.OfAsync(sample), await FleetEnd.DecisionAsync(sample), string.Join(' ', (await sample.TenantVersionsAsync()).Order(StringComparer.Ordinal)));

    /// <summary>How often progress is told depends on the machine.</summary>
    private static string Shown(IEnumerable<(string Name, IEnumerable<string> Log)> steps, Sample sample, string workspace) => Normal.Text(
        string.Join("\n\n", steps.Select(s => $"=== {s.Name}\n{string.Join('\n', s.Log.Where(l => !l.StartsWith("  tenants ", StringComparison.Ordinal)))}")).Replace(workspace, "WORKSPACE", StringComparison.Ordinal), sample);

    /// <param name="Back">Null: there is no way back.</param>
    private sealed record Scenario(string Second, string? Back, End Expected);

    /// <param name="Main">Exit code of the step.</param>
    /// <param name="Post">Exit code of what watches it.</param>
    /// <param name="Result">The output of that name after the whole job: what watches the step has the last word.</param>
    /// <param name="Decision">Letter of the way back; empty where none was decided.</param>
    /// <param name="Versions">Of the tenants, each once.</param>
    private sealed record End(int? Main, int? Post, bool IsRed, string Result, string Conclusion, string Decision, string Versions);

    private sealed record Played(End End, string Log);
}

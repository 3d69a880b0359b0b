using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.ShellCommand;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Docker;

/// <summary>The target <c>command</c>: when which program is called, with what, and what is made of its words.</summary>
public sealed class CommandTargetTests
{
    private const string Serving = """{"serving":"blue","slots":[{"slot":"blue","version":"v1","deployment":"d1","instances":[{"name":"blue-1","address":"http://127.0.0.1:9"}]}]}""";

    [Fact]
    public async Task Programs_are_called_with_the_documented_variables()
    {
        var programs = new Programs(call => call.Environment["SAFE_DEPLOY_ACTION"] switch
        {
            "current" => Serving,
            "resolve" => $"sha256:{new string('a', 64)}\n/srv/releases/v2-frozen\n",
            _ => "",
        });
        await using var target = Target(programs);
        var resolved = await target.ResolveAsync("/srv/releases/v2", default);
        var release = new Release("v2", resolved.Pinned, resolved.Digest, "m", null);
        var spec = target.SpecOf(release, "green", new DeploymentId("prod-7-1"));
        await target.StartAsync(release, "green", spec, default);
        await target.SwitchAsync("blue", default);
        await target.StartWorkersAsync("green", release, spec, default);
        Golden.Verify(programs.Story);
    }

    [Fact]
    public async Task A_program_that_fails_is_quoted()
    {
        await using var target = Target(new Programs(_ => "", exitCode: 4));
        var failed = (await Assert.ThrowsAsync<ProblemException>(() => target.HoldAsync(default))).Problem;
        Assert.Equal((TargetProblems.CommandFailed, "\"hold\" exited with code 4", "its last words"), (failed.Info, failed.What, failed.Evidence));
    }

    [Fact]
    public async Task A_program_that_takes_too_long_is_told_apart_from_one_that_fails()
    {
        await using var target = Target(new Programs(_ => "", exitCode: 137, timedOut: true));
        Assert.Equal(TargetProblems.CommandSlow, (await Assert.ThrowsAsync<ProblemException>(() => target.HoldAsync(default))).Problem.Info);
    }

    [Fact]
    public async Task Before_the_first_release_nothing_is_printed_and_nothing_serves()
    {
        await using var target = Target(new Programs(_ => "\n"));
        var state = await target.StateAsync(default);
        Assert.True(state is { Serving: null, Held: false, Slots.Length: 0, FreeSlot: "blue" });
    }

    [Fact]
    public async Task A_switch_that_says_done_and_did_not_is_not_believed()
    {
        await using var target = Target(new Programs(call => call.Environment["SAFE_DEPLOY_ACTION"] == "current" ? Serving : ""));
        var failed = await Assert.ThrowsAsync<ProblemException>(() => target.SwitchAsync("green", default));
        Assert.Equal(TargetProblems.NobodyToServe, failed.Problem.Info);
    }

    [Fact]
    public async Task What_serves_is_neither_stopped_nor_replaced()
    {
        await using var target = Target(new Programs(call => call.Environment["SAFE_DEPLOY_ACTION"] == "current" ? Serving : ""));
        var release = new Release("v2", null, null, "m", null);
        Assert.Equal(TargetProblems.SlotServes, (await Assert.ThrowsAsync<ProblemException>(() => target.RemoveAsync("blue", default))).Problem.Info);
        Assert.Equal(TargetProblems.SlotServes, (await Assert.ThrowsAsync<ProblemException>(() =>
            target.StartAsync(release, "blue", target.SpecOf(release, "blue", new DeploymentId("d2")), default))).Problem.Info);
    }

    [Fact]
    public void Whatever_current_prints_instead_is_refused_with_the_reason()
    {
        string[] printed =
        [
            "blue",
            "[]",
            """{"serving":"blue"}""",
            """{"serving":"red","slots":[]}""",
            """{"serving":null,"slots":[{"slot":"purple","version":"v1"}]}""",
            """{"serving":null,"slots":[{"slot":"blue"}]}""",
            """{"serving":null,"slots":[{"slot":"blue","version":"v1"},{"slot":"blue","version":"v2"}]}""",
            """{"serving":null,"slots":[{"slot":"blue","version":"v1","instances":[{"name":"a","address":"127.0.0.1:80"}]}]}""",
            """{"serving":null,"front":"localhost:80","slots":[]}""",
            """{"serving":null,"slots":null}""",
        ];
        Golden.Verify(string.Join('\n', printed.Select(text => $"{text}\n    {Assert.Throws<ProblemException>(() => CurrentOutput.Parse(text, "./current")).Problem.What}")));
    }

    private static CommandTarget Target(Programs programs) => new(
        new CommandTargetSettings(["./current"], ["./start"], ["./ready"], ["./switch"], ["./hold"], ["./release"], ["./stop"], TimeSpan.FromSeconds(5),
            ["./resolve"], ["./workers", "start"], ["./workers", "stop"]),
        new TargetContext("shop", "prod", "/srv/shop", "host", TimeProvider.System, programs));

    private sealed class Programs(Func<CommandCall, string> print, int exitCode = 0, bool timedOut = false) : ICommandRunner
    {
        private readonly List<string> calls = [];

        public string Story => string.Join('\n', calls);

        public Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation)
        {
            calls.Add($"{string.Join(' ', call.Arguments)}  (in {call.WorkingDirectory})");
            calls.AddRange(call.Environment.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"    {v.Key}={v.Value}"));
            return Task.FromResult(new CommandResult(exitCode, print(call), exitCode == 0 ? "" : "its last words\n", TimeSpan.Zero, timedOut));
        }
    }
}

using SafeDeploy.Config;
using SafeDeploy.Integrations.HealthGates.ShellCommand;
using SafeDeploy.Ports;

namespace SafeDeploy.Tests.Health;

public sealed class CommandGateTests
{
    private static readonly GateSettings.Command Settings = new("smoke", true, ["./smoke.sh"], TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData(0, false, Verdict.Pass)]
    [InlineData(1, false, Verdict.Fail)]
    [InlineData(75, false, Verdict.Inconclusive)]
    [InlineData(137, true, Verdict.Inconclusive)]
    public async Task The_exit_code_is_the_verdict(int exitCode, bool timedOut, Verdict expected)
    {
        var runner = new OneAnswer(new CommandResult(exitCode, "checking\nsale 17 has no number\n", "", TimeSpan.FromSeconds(2), timedOut));
        var reading = await new CommandGate(Settings, runner, "/project").ReadAsync(Scenes.Front(), default);
        Assert.Equal((expected, expected == Verdict.Pass ? "" : "sale 17 has no number"), (reading.Verdict, reading.Detail));
        Assert.Equal(("v2", "/project", 30d), (runner.Call!.Environment["SAFE_DEPLOY_VERSION"], runner.Call.WorkingDirectory, runner.Call.Timeout!.Value.TotalSeconds));
    }

    [Fact]
    public async Task Before_the_switch_it_would_judge_another_release()
    {
        var runner = new OneAnswer(new CommandResult(1, "", "", TimeSpan.Zero, false));
        var reading = await new CommandGate(Settings, runner, ".").ReadAsync(Scenes.Front() with { Slot = "green" }, default);
        Assert.Equal((Verdict.Pass, null), (reading.Verdict, runner.Call));
    }

    private sealed class OneAnswer(CommandResult result) : ICommandRunner
    {
        public CommandCall? Call { get; private set; }

        public Task<CommandResult> RunAsync(CommandCall call, CancellationToken cancellation)
        {
            Call = call;
            return Task.FromResult(result);
        }
    }
}

using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.VerifyHealth;
using static SafeDeploy.Tests.Health.Scenes;

namespace SafeDeploy.Tests.Health;

public sealed class VerifyHealthStepTests
{
    private readonly FakeClock _clock = new();

    private async Task<(StepOutcome Outcome, KeptRun Run, TimeSpan Took)> VerifyAsync(
        InconclusivePolicy policy, IDeployTarget? target, params IHealthGate[] gates)
    {
        var run = new KeptRun(_clock);
        var started = _clock.GetTimestamp();
        var outcome = await KeptRun.TurningAsync(_clock, new VerifyHealthStep(Settings(policy), [.. gates], target, "v2").RunAsync(run.Context));
        return (outcome, run, _clock.GetElapsedTime(started));
    }

    private static Verdict[] Passing(int count, params Verdict[] then) => [.. Enumerable.Repeat(Verdict.Pass, count), .. then];

    [Fact]
    public async Task Gates_are_read_every_interval_through_the_whole_soak()
    {
        var gate = new ScriptedGate("front", true, Verdict.Pass);
        var (outcome, _, took) = await VerifyAsync(InconclusivePolicy.Fail, null, gate);
        Assert.Equal("1 gate held through a soak of 5m in 31 rounds", Assert.IsType<StepOutcome.Succeeded>(outcome).Summary);
        Assert.Equal(31, gate.Read);
        Assert.InRange(took, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5.1));
    }

    [Fact]
    public async Task A_breach_fails_at_once()
    {
        var gate = new ScriptedGate("latency", true, Passing(13, Verdict.Fail));
        var (outcome, run, took) = await VerifyAsync(InconclusivePolicy.Fail, null, new ScriptedGate("front", true, Verdict.Pass), gate);
        Assert.InRange(took, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2.5));
        Golden.Verify(ProblemText.Of(Assert.IsType<StepOutcome.Failed>(outcome).Problem));
        Assert.Equal(
            ["front pass reading 1", "latency pass reading 1", "latency fail reading 14", "front pass reading 14"],
            run.Facts.OfType<LedgerFact.GateRead>().Select(g => $"{g.Gate} {g.Verdict} {g.Measured}"));
    }

    [Fact]
    public async Task An_inconclusive_gate_fails_where_the_policy_says_so()
    {
        var (outcome, _, took) = await VerifyAsync(InconclusivePolicy.Fail, null, new ScriptedGate("latency", true, Verdict.Inconclusive));
        Assert.Equal(("SD0711", TimeSpan.Zero), (Assert.IsType<StepOutcome.Failed>(outcome).Problem.Code, took));
    }

    [Fact]
    public async Task A_held_gate_is_read_again_until_it_decides()
    {
        var (outcome, _, _) = await VerifyAsync(
            InconclusivePolicy.Hold, null, new ScriptedGate("latency", true, Verdict.Inconclusive, Verdict.Inconclusive, Verdict.Pass));
        Assert.IsType<StepOutcome.Succeeded>(outcome);
    }

    [Fact]
    public async Task A_held_gate_that_never_decides_fails_when_its_time_is_over()
    {
        var (outcome, _, took) = await VerifyAsync(InconclusivePolicy.Hold, null, new ScriptedGate("latency", true, Verdict.Inconclusive));
        Assert.Equal("SD0711", Assert.IsType<StepOutcome.Failed>(outcome).Problem.Code);
        Assert.InRange(took, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(41));
    }

    [Fact]
    public async Task A_red_gate_that_is_not_critical_warns_once_and_the_release_stays()
    {
        var (outcome, run, _) = await VerifyAsync(InconclusivePolicy.Fail, null, new ScriptedGate("smoke", false, Verdict.Fail));
        Assert.EndsWith("; warnings from smoke", Assert.IsType<StepOutcome.Succeeded>(outcome).Summary, StringComparison.Ordinal);
        Assert.Single(run.Told, line => line.StartsWith("warning smoke: fail", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gate_that_cannot_reach_its_subject_is_inconclusive_with_the_reason()
    {
        var (outcome, _, _) = await VerifyAsync(InconclusivePolicy.Fail, null, new BrokenGate());
        Golden.Verify(ProblemText.Of(Assert.IsType<StepOutcome.Failed>(outcome).Problem));
    }

    [Fact]
    public async Task Cancelling_ends_the_soak()
    {
        using var cancel = new CancellationTokenSource();
        var run = new KeptRun(_clock, new RunCancellation(cancel.Token, CancellationToken.None));
        var work = new VerifyHealthStep(Settings(), [new ScriptedGate("front", true, Verdict.Pass)], null, "v2").RunAsync(run.Context);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => KeptRun.TurningAsync(_clock, work));
    }

    [Fact]
    public async Task Without_gates_and_without_a_target_there_is_nothing_to_verify() =>
        Assert.IsType<StepOutcome.Skipped>((await VerifyAsync(InconclusivePolicy.Fail, null)).Outcome);

    [Theory]
    [InlineData(200, "v2", Verdict.Pass)]
    [InlineData(200, "v1", Verdict.Fail)]
    [InlineData(200, null, Verdict.Fail)]
    [InlineData(503, "v2", Verdict.Fail)]
    [InlineData(0, "v2", Verdict.Fail)]
    public async Task The_front_has_to_answer_as_the_new_version(int status, string? version, Verdict expected)
    {
        var gate = new FrontGate(Settings(), (_, _) => Task.FromResult(status == 0 ? Silence() : Answer(status, version: version)));
        Assert.Equal(expected, (await gate.ReadAsync(Front(), default)).Verdict);
    }

    private sealed class BrokenGate : IHealthGate
    {
        public string Name => "numbering";

        public bool IsCritical => true;

        public Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation) => throw new ProblemException(
            new ProblemInfo("SD0910", "", "", "").Occurred("the database does not answer", "db:5432/pos", "all", "stopping", "start it"));
    }
}

using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Tests.Health;

namespace SafeDeploy.Tests.Pipeline;

public sealed class StepRunnerTests
{
    private static readonly Problem Known = new ProblemInfo("SD0999", "known", "meaning", "remedy").Occurred("what", "where", "untouched", "now", "next");

    [Fact]
    public async Task A_step_has_a_line_before_and_a_line_after()
    {
        var run = new KeptRun(new FakeClock());
        Assert.IsType<StepOutcome.Succeeded>(await RunAsync(run, _ => new StepOutcome.Succeeded("done")));
        Assert.Equal("StepStarted StepFinished", Kinds(run));
        Assert.Equal(("succeeded", "done"), (Finished(run).Result, Finished(run).Summary));
    }

    [Fact]
    public async Task A_step_that_is_done_is_not_run_again()
    {
        var run = new KeptRun(new FakeClock());
        await RunAsync(run, _ => new StepOutcome.Succeeded("done"));
        Assert.IsType<StepOutcome.Skipped>(await RunAsync(run, _ => throw new InvalidOperationException("ran twice")));
        Assert.Equal("StepStarted StepFinished", Kinds(run));
    }

    [Fact]
    public async Task A_known_failure_fails_the_step_with_its_own_problem()
    {
        var run = new KeptRun(new FakeClock());
        var outcome = await RunAsync(run, _ => throw new ProblemException(Known));
        Assert.Equal(Known, Assert.IsType<StepOutcome.Failed>(outcome).Problem);
        Assert.Equal(("failed", "SD0999"), (Finished(run).Result, Finished(run).Problems[0].Code));
    }

    [Fact]
    public async Task A_bug_fails_the_step_and_is_told_as_one()
    {
        var run = new KeptRun(new FakeClock());
        var outcome = await RunAsync(run, _ => throw new InvalidCastException("text for a number"));
        var problem = Assert.IsType<StepOutcome.Failed>(outcome).Problem;
        Assert.Equal("SD0804", problem.Code);
        Assert.Contains("InvalidCastException: text for a number", problem.What, StringComparison.Ordinal);
        Assert.Equal("failed", Finished(run).Result);
    }

    [Fact]
    public async Task A_cancelled_step_says_so_and_is_recorded()
    {
        using var graceful = new CancellationTokenSource();
        var run = new KeptRun(new FakeClock(), new RunCancellation(graceful.Token, CancellationToken.None));
        var outcome = await RunAsync(run, context =>
        {
            graceful.Cancel();
            context.Cancellation.ThrowIfCancellationRequested();
            return new StepOutcome.Succeeded("never");
        });
        Assert.Equal("SD0805", Assert.IsType<StepOutcome.Failed>(outcome).Problem.Code);
        Assert.Equal("failed", Finished(run).Result);
    }

    [Fact]
    public async Task A_refusal_is_told_with_all_its_reasons()
    {
        var run = new KeptRun(new FakeClock());
        await RunAsync(run, _ => new StepOutcome.Refused(Known, [Known with { What = "and this" }]));
        Assert.Equal("refused", Finished(run).Result);
        Assert.Equal(["what", "and this"], Finished(run).Problems.Select(p => p.What));
    }

    private static Task<StepOutcome> RunAsync(KeptRun run, Func<RunContext, StepOutcome> act) =>
        StepRunner.RunAsync(new ScriptedStep(act), "taking a backup", run.Context);

    private static string Kinds(KeptRun run) => string.Join(' ', run.Facts.Select(f => f.GetType().Name));

    private static LedgerFact.StepFinished Finished(KeptRun run) => run.Facts.OfType<LedgerFact.StepFinished>().Last();

    private sealed class ScriptedStep(Func<RunContext, StepOutcome> act) : IStep
    {
        public StepName Name => StepName.Backup;

        public Task<StepOutcome> RunAsync(RunContext run) => Task.FromResult(act(run));
    }
}

using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Runs one step with a ledger line before and after; a known failure becomes an outcome here and nowhere else.</summary>
public static class StepRunner
{
    /// <returns>The outcome; a step that is done in this deployment already is skipped without a line.</returns>
    public static async Task<StepOutcome> RunAsync(IStep step, string sentence, RunContext run)
    {
        if (run.History.IsDone(step.Name))
            return new StepOutcome.Skipped("done earlier in this deployment");
        run.Story.Stage(step.Name, sentence);
        await run.RecordAsync(step.Name, new LedgerFact.StepStarted(step.Name));
        var started = run.Clock.GetTimestamp();
        var outcome = await OutcomeAsync(step, run);
        await run.RefreshAsync();
        await run.RecordAsync(step.Name, Finished(step.Name, outcome, run.Clock.GetElapsedTime(started)));
        return outcome;
    }

    private static async Task<StepOutcome> OutcomeAsync(IStep step, RunContext run)
    {
        try
        {
            return await step.RunAsync(run);
        }
        catch (ProblemException known)
        {
            return new StepOutcome.Failed(known.Problem);
        }
        catch (OperationCanceledException) when (run.Cancellation.IsCancellationRequested && !run.Hold.Lost.IsCancellationRequested)
        {
            return new StepOutcome.Failed(PipelineProblems.CancelledIn(step.Name));
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            // A bug must not leave a half-moved fleet behind: it fails the step, and the way back is decided as always.
            return new StepOutcome.Failed(PipelineProblems.Crashed(step.Name, bug));
        }
    }

    private static LedgerFact.StepFinished Finished(StepName step, StepOutcome outcome, TimeSpan took)
    {
        var (result, summary, problems) = outcome switch
        {
            StepOutcome.Succeeded done => ("succeeded", done.Summary, []),
            StepOutcome.Skipped skipped => ("skipped", skipped.Reason, []),
            StepOutcome.Failed failed => ("failed", failed.Problem.What, failed.Others.Insert(0, failed.Problem)),
            StepOutcome.Refused refused => ("refused", refused.Problem.What, refused.Others.Insert(0, refused.Problem)),
            _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
        };
        return new LedgerFact.StepFinished(step, result, summary, [.. problems.Select(ProblemNote.Of)], (long)took.TotalMilliseconds);
    }
}

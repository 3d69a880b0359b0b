using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>How a run ends that may not go on: whatever it was doing was cut off, and that is not why it ends.</summary>
internal static class LostHold
{
    public static async Task<RunEnd> EndAsync(ILedgerStore ledger, RunContext run)
    {
        var why = await WhyAsync(ledger, run.Hold);
        return new RunEnd(Conclusion.Cancelled, ExitCode.Cancelled, why.What, [why], run.Hold.Deployment, run.History);
    }

    /// <summary>A hold also ends by its own clock, without an answer from the ledger; whether somebody took over meanwhile is asked.</summary>
    private static async Task<Problem> WhyAsync(ILedgerStore ledger, ILedgerHold hold)
    {
        try
        {
            if ((await ledger.StateAsync(hold.Environment, CancellationToken.None)).Epoch != hold.Epoch)
                return LedgerProblems.WasTakenOver(hold.Deployment, hold.Environment, hold.Epoch);
            await hold.EnsureHeldAsync(CancellationToken.None);
            throw new InvalidOperationException("the hold is not lost");
        }
        catch (ProblemException known)
        {
            return known.Problem;
        }
    }
}

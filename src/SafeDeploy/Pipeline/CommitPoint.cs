using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>The good end of a deployment: committed, the former release retired, concluded. Safe to repeat from any point of it.</summary>
internal sealed class CommitPoint(World world, Action<Problem> tell)
{
    public async Task<RunEnd> ReachAsync(RunContext run, string by)
    {
        if (!run.History.IsCommitted)
            await run.RecordAsync(null, new LedgerFact.Committed(by));
        await RetireAsync(run);
        var to = run.History.Opened?.To;
        var statement = $"{to?.Display} is released{(run.History.Opened?.From is { } from ? $"; before it was {from.Version}" : "")}";
        return await UnderHold.ConcludeAsync(world, run, new LedgerFact.Concluded(Conclusion.Deployed, (int)ExitCode.Done, statement, []));
    }

    /// <summary>The release is good whatever becomes of the old one: a failure is told and kept, no more.</summary>
    private async Task RetireAsync(RunContext run)
    {
        try
        {
            await Retirement.RetireAsync(world.Target, run);
        }
        catch (ProblemException failure)
        {
            tell(failure.Problem);
            await run.RecordAsync(null, new LedgerFact.Noted("the former release was not retired", failure.Problem.What));
        }
    }
}

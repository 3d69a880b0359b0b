using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>Work under a hold on the environment: whatever cuts it off becomes an end that says why.</summary>
internal static class UnderHold
{
    /// <summary>Makes the run of a hold: no call to the deploy target passes without it.</summary>
    /// <param name="cancellation">Already linked with the loss of the hold.</param>
    public static async Task<RunContext> EnterAsync(World world, Acquisition.Held held, RunCancellation cancellation)
    {
        world.Target?.GuardWith(held.Hold);
        var history = new LedgerHistory(await held.Hold.ReadAsync(cancellation.Forceful));
        return new RunContext(held.Hold, history, world.Story, world.Clock, cancellation);
    }

    /// <param name="hasBegun">The work has touched, or may have touched, the world: a known failure then needs a person and is not thrown.</param>
    public static async Task<RunEnd> RunAsync(World world, RunContext run, Func<bool> hasBegun, Func<Task<RunEnd>> work)
    {
        try
        {
            var end = await work();
            return end.Conclusion == Conclusion.Cancelled && run.Hold.Lost.IsCancellationRequested ? await LostAsync(world.Ledger, run) : end;
        }
        catch (Exception cut) when (cut is OperationCanceledException or ProblemException && run.Hold.Lost.IsCancellationRequested)
        {
            return await LostAsync(world.Ledger, run);
        }
        catch (OperationCanceledException) when (run.Cancellation.IsCancellationRequested)
        {
            return Cancelled(run, null);
        }
        catch (ProblemException broken) when (hasBegun())
        {
            // The ledger or the world failed between two steps: nobody can say from here that the previous release serves.
            return new RunEnd(Conclusion.Incomplete, ExitCode.PersonNeeded, broken.Problem.What, [broken.Problem], run.Hold.Deployment, run.History);
        }
    }

    /// <summary>Writes the end, lets go, and gives it with the record as it is now.</summary>
    public static async Task<RunEnd> ConcludeAsync(World world, RunContext run, LedgerFact.Concluded end, params ImmutableArray<Problem> problems)
    {
        await run.Hold.ConcludeAsync(end, run.Force);
        var record = await world.RecordOfAsync(run.Hold.Deployment, run.Force);
        return new RunEnd(end.Conclusion, (ExitCode)end.ExitCode, end.Statement, problems, run.Hold.Deployment, record);
    }

    public static RunEnd Cancelled(RunContext run, StepName? name)
    {
        var problem = PipelineProblems.CancelledIn(name);
        return new RunEnd(Conclusion.Cancelled, ExitCode.Cancelled, problem.What, [problem], run.Hold.Deployment, run.History);
    }

    /// <summary>Whatever the run was doing was cut off, and that is not why it ends.</summary>
    private static async Task<RunEnd> LostAsync(ILedgerStore ledger, RunContext run)
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

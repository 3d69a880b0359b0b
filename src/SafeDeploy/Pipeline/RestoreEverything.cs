using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>A new database beside the live one, proved; then the ledger goes over and both change names at once.</summary>
/// <remarks>
/// Until the names change the live database is only read. For that moment the hold is given up, because its own sessions would keep the
/// name; the deployment is parked meanwhile, so that nobody takes it for dead.
/// </remarks>
internal sealed class RestoreEverything(World world, IRestoreMethod restore)
{
    private const string Id = "restore:database";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Longer than the swap may take, and short enough for whoever finds it after a crash.
    private static readonly TimeSpan Parking = TimeSpan.FromMinutes(3);

    private bool _isParked;

    /// <param name="again">Asks for the hold again, after names that did not change.</param>
    public async Task<RestoreOutcome> RunAsync(RestoreRequest request, RunContext run, Func<CancellationToken, Task<Acquisition>> again)
    {
        if (request.Reason.Length > 0)
            await run.RecordAsync(StepName.Restore, new LedgerFact.Noted("reason", request.Reason));
        run.Story.Stage(StepName.Restore, $"everything from {request.Set}, into a new database");
        if (!run.History.IsIntended(Id))
            await run.RecordAsync(StepName.Restore, new LedgerFact.Intended(
                Id, new Change.RestoreDatabase(request.Set), new Undo.Impossible("the database as it was is kept under another name; a person decides")));
        var started = run.Clock.GetTimestamp();
        try
        {
            var prepared = await restore.PrepareAsync(request.Set, run.Cancellation);
            run.Story.Detail(string.Create(CultureInfo.InvariantCulture, $"{prepared.Schemas} schemas, {prepared.Rows} rows: fingerprints equal the manifest's; the database as it is goes on serving"));
            await run.RecordAsync(StepName.Restore, new LedgerFact.Noted("database prepared", $"{prepared.Name}, to be swapped with what will be {prepared.KeptName}"));
            return await SwapAsync(request, run, prepared, started);
        }
        catch (ProblemException failure)
        {
            await GiveUpAsync();
            return await EndAsync(again, failure.Problem);
        }
        catch (OperationCanceledException) when (run.Cancellation.IsCancellationRequested && !run.Hold.Lost.IsCancellationRequested)
        {
            await GiveUpAsync();
            return new RestoreOutcome(ExitCode.Cancelled, "cancelled; the database is as it was", []);
        }
    }

    private async Task<RestoreOutcome> SwapAsync(RestoreRequest request, RunContext run, PreparedDatabase prepared, long started)
    {
        run.Story.Detail("ending every session of the database; the ledger goes over, and both databases change names");
        _isParked = true;
        await run.Hold.ParkAsync(run.Clock.GetUtcNow() + Parking, Id, run.Force);
        var statement = "";
        var call = new DatabaseSwapCall(prepared, run.Hold.Environment, run.Hold.Deployment, request.KeepFor, Patience, losses =>
        {
            statement = Statement(prepared, losses);
            return
            [
                new LedgerFact.Applied(Id, $"database as it was: {prepared.KeptName}", (long)run.Clock.GetElapsedTime(started).TotalMilliseconds),
                new LedgerFact.Concluded(Conclusion.Restored, (int)ExitCode.Done, statement, []),
            ];
        });
        var swapped = await restore.SwapAsync(call, CancellationToken.None);
        run.Story.Detail($"done; the database as it was is \"{swapped.KeptName}\", closed, until {swapped.KeptUntil:u}");
        return new RestoreOutcome(ExitCode.Done, statement, []) { HasEnded = true };
    }

    private static string Statement(PreparedDatabase prepared, ImmutableArray<RestoreLoss> losses)
    {
        var written = losses.Any(l => l.Written is null)
            ? "what was written since is unknown"
            : string.Create(CultureInfo.InvariantCulture, $"up to {losses.Sum(l => l.Written)} rows written since");
        return string.Create(CultureInfo.InvariantCulture,
            $"everything restored from {prepared.Set}: {prepared.Schemas} schemas, {prepared.Rows} rows, fingerprints equal the manifest's; {written} stayed in database {prepared.KeptName}");
    }

    /// <summary>A copy of everybody's data is not left behind; where even that fails, recover removes it.</summary>
    private async Task GiveUpAsync()
    {
        try
        {
            await restore.AbandonAsync(CancellationToken.None);
        }
        catch (ProblemException failure)
        {
            world.Story.Warning($"the new database could not be removed: {failure.Problem.Code} {failure.Problem.What}; safe-deploy restore removes it when it is called again");
        }
    }

    /// <summary>The hold may have been given up for the swap: it is taken again to write the end.</summary>
    private async Task<RestoreOutcome> EndAsync(Func<CancellationToken, Task<Acquisition>> again, Problem problem)
    {
        var outcome = new RestoreOutcome(ExitCode.Failed, "nothing was restored; the database is as it was", [problem]);
        if (!_isParked)
            return outcome;
        if (await again(CancellationToken.None) is Acquisition.Held held)
        {
            await using var hold = held.Hold;
            await hold.ConcludeAsync(new LedgerFact.Concluded(Conclusion.Refused, (int)outcome.Code, outcome.Statement, [ProblemNote.Of(problem)]), CancellationToken.None);
        }

        return outcome with { HasEnded = true };
    }
}

using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Backup;

namespace SafeDeploy.Pipeline;

/// <param name="Tenants">In the order in which they are restored; empty where everything or files are.</param>
/// <param name="KeepFor">How long a tenant as it was is kept.</param>
public sealed record RestoreRequest(RunIdentity Run, string Set, ImmutableArray<Scope> Tenants, string Reason, TimeSpan KeepFor);

/// <param name="Code">Done: restored. Everything else: what was not restored is as it was.</param>
public sealed record RestoreOutcome(ExitCode Code, string Statement, ImmutableArray<Problem> Problems)
{
    /// <summary>The ledger has the end already.</summary>
    public bool HasEnded { get; init; }
}

/// <summary><c>restore</c>: brings tenants, everything, or files back from a set. Never automatic.</summary>
public sealed class ManualRestore(World world, IRestoreMethod restore)
{
    private const string Kind = "restore";

    /// <summary>Every set of this project and environment, newest first.</summary>
    public async Task<ImmutableArray<BackupSet>> SetsAsync(CancellationToken cancellation) =>
        [.. (await Backup.SetsAsync(cancellation)).Where(IsMine)];

    /// <summary>What would be done and lost; reads only. A set of somebody else is among the refusals.</summary>
    public async Task<RestorePlan> PlanAsync(string set, IReadOnlyList<Scope> tenants, CancellationToken cancellation)
    {
        var plan = await restore.PlanAsync(set, tenants, cancellation);
        return IsMine(plan.Set) ? plan : plan with { Refusals = [ManualRestoreProblems.Foreign(plan.Set), .. plan.Refusals] };
    }

    /// <summary>Which files would come back and be replaced; reads only.</summary>
    public async Task<FilesPlan> PlanFilesAsync(string set, CancellationToken cancellation)
    {
        var plan = await restore.PlanFilesAsync(set, cancellation);
        return IsMine(plan.Set) ? plan : plan with { Refusals = [ManualRestoreProblems.Foreign(plan.Set), .. plan.Refusals] };
    }

    public Task<RunEnd> RunAsync(RestoreRequest request, RunCancellation cancellation) =>
        WorkAsync(request.Run, cancellation, run => TenantsAsync(request, run));

    /// <summary>Everything, in a new database that takes the live one's name.</summary>
    public Task<RunEnd> EverythingAsync(RestoreRequest request, RunCancellation cancellation) =>
        WorkAsync(request.Run, cancellation, run => new RestoreEverything(world, restore).RunAsync(request, run, token => AcquireAsync(request.Run, token)));

    public Task<RunEnd> FilesAsync(RestoreRequest request, RunCancellation cancellation) =>
        WorkAsync(request.Run, cancellation, run => FilesAsync(request, run));

    /// <summary>Ends a restore whose process died: tenants are each restored or as they were; an unfinished database goes.</summary>
    public async Task<RunEnd> EndAsync(RunContext run)
    {
        var statement = await new RestoreEnd(restore).EndAsync(run);
        await run.Hold.ConcludeAsync(statement, run.Force);
        var record = await world.RecordOfAsync(run.Hold.Deployment, run.Force);
        return new RunEnd(statement.Conclusion, (ExitCode)statement.ExitCode, statement.Statement, [], run.Hold.Deployment, record);
    }

    /// <summary>Removes what restored tenants were before, once its time is over.</summary>
    public Task<RunEnd> DropExpiredAsync(RunIdentity who, RunCancellation cancellation) => WorkAsync(who, cancellation, async run =>
    {
        var (dropped, held) = await restore.DropExpiredAsync(run.Hold, run.Force);
        await run.RecordAsync(StepName.Restore, new LedgerFact.Noted("kept schemas dropped", string.Join(", ", dropped)));
        foreach (var name in held)
            run.Story.Warning($"{name} is kept: something outside depends on it");
        return new RestoreOutcome(ExitCode.Done, string.Create(CultureInfo.InvariantCulture, $"{dropped.Length} kept schemas and databases dropped, {held.Length} held by what depends on them"), []);
    });

    private IBackupMethod Backup => world.Backup ?? throw new ProblemException(ManualRestoreProblems.NoStore());

    private bool IsMine(BackupSet set) => set.IsOf(world.Config.Project, world.Config.EnvironmentName);

    /// <summary>Under a hold of its own, so that no deployment runs meanwhile; in the ledger as a deployment that releases nothing.</summary>
    private async Task<RunEnd> WorkAsync(
        RunIdentity who, RunCancellation cancellation, Func<RunContext, Task<RestoreOutcome>> work)
    {
        await world.Ledger.PrepareAsync(cancellation.Graceful);
        var acquired = await AcquireAsync(who, cancellation.Graceful);
        if (acquired is Acquisition.Busy other)
            return RunEnd.Refused(PipelineProblems.OccupiedBy(other.State));
        var held = acquired as Acquisition.Held ?? throw new InvalidOperationException("opening a restore finds nothing to take over");
        await using var hold = held.Hold;
        using var forceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Forceful, hold.Lost);
        using var graceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Graceful, hold.Lost);
        var run = await UnderHold.EnterAsync(world, held, new RunCancellation(graceful.Token, forceful.Token));
        return await UnderHold.RunAsync(world, run, () => true, () => DoAsync(run, held.IsNew, work));
    }

    private async Task<RunEnd> DoAsync(RunContext run, bool isNew, Func<RunContext, Task<RestoreOutcome>> work)
    {
        await run.RecordAsync(StepName.Restore, new LedgerFact.StepStarted(StepName.Restore));
        if (!isNew && await restore.AbandonAsync(run.Force))
            run.Story.Detail("removed the database that an earlier call of this restore left unfinished");
        var outcome = await work(run);
        var conclusion = outcome.Code == ExitCode.Done ? Conclusion.Restored : Conclusion.Refused;
        if (!outcome.HasEnded)
            await run.Hold.ConcludeAsync(
                new LedgerFact.Concluded(conclusion, (int)outcome.Code, outcome.Statement, [.. outcome.Problems.Select(ProblemNote.Of)]), run.Force);
        var record = await world.RecordOfAsync(run.Hold.Deployment, outcome.HasEnded ? CancellationToken.None : run.Force);
        return new RunEnd(conclusion, outcome.Code, outcome.Statement, outcome.Problems, run.Hold.Deployment, record);
    }

    private async Task<Acquisition> AcquireAsync(RunIdentity who, CancellationToken cancellation)
    {
        var environment = world.Config.EnvironmentName;
        var state = await world.Ledger.StateAsync(environment, cancellation);
        var release = state.LastCommitted?.To ?? new Release("none", null, null, "", null);
        return await world.Ledger.AcquireAsync(
            new AcquireRequest(AcquireMode.Open, world.Config.Project, new DeploymentIdentity(environment, who.RunId, Kind), release, who), cancellation);
    }

    private async Task<RestoreOutcome> FilesAsync(RestoreRequest request, RunContext run)
    {
        if (request.Reason.Length > 0)
            await run.RecordAsync(StepName.Restore, new LedgerFact.Noted("reason", request.Reason));
        run.Story.Stage(StepName.Restore, $"files from {request.Set}");
        var label = Label(run, "files");
        var line = "";
        try
        {
            await run.ChangeAsync(
                StepName.Restore, "restore:files", new Change.RestoreFiles(request.Set), new Undo.Impossible("the files that were replaced are in a safety set; a person decides"), async token =>
                {
                    var restored = await restore.FilesAsync(request.Set, BackupStep.SetName(label), label, token);
                    var safety = restored.SafetySet is null ? "none was replaced" : $"those replaced are in set {restored.SafetySet}";
                    return line = string.Create(CultureInfo.InvariantCulture, $"{restored.Written} files put back, {restored.Equal} were equal; {safety}");
                });
            return new RestoreOutcome(ExitCode.Done, line, []);
        }
        catch (ProblemException failure)
        {
            return new RestoreOutcome(ExitCode.Failed, failure.Problem.What, [failure.Problem]);
        }
    }

    private BackupLabel Label(RunContext run, string what) => new(
        world.Config.Project, world.Config.EnvironmentName, $"{run.Hold.Deployment.Value}-before-restore-{what}", BackupLabel.BeforeRestore);

    private async Task<RestoreOutcome> TenantsAsync(RestoreRequest request, RunContext run)
    {
        var done = new List<string>();
        if (request.Reason.Length > 0)
            await run.RecordAsync(StepName.Restore, new LedgerFact.Noted("reason", request.Reason));
        foreach (var tenant in request.Tenants)
        {
            if (run.Cancellation.IsCancellationRequested)
                return new RestoreOutcome(ExitCode.Cancelled, Sentence(request, done, "cancelled before the next"), []);
            run.Story.Stage(StepName.Restore, $"\"{tenant.Schema}\" from {request.Set}");
            try
            {
                await run.ChangeAsync(
                    StepName.Restore, $"restore:{tenant.Schema}", new Change.RestoreScope(tenant, request.Set),
                    new Undo.Impossible("the tenant as it was is kept in a schema of its own; a person decides"), token => OneAsync(request, tenant, done.Count, run, token));
                done.Add(tenant.Schema);
            }
            catch (ProblemException failure)
            {
                return new RestoreOutcome(ExitCode.Failed, Sentence(request, done, $"\"{tenant.Schema}\" is as it was"), [failure.Problem]);
            }
        }

        return new RestoreOutcome(ExitCode.Done, Sentence(request, done, "fingerprints equal the manifest's"), []);
    }

    private async Task<string> OneAsync(RestoreRequest request, Scope tenant, int place, RunContext run, CancellationToken cancellation)
    {
        var label = Label(run, (place + 1).ToString(CultureInfo.InvariantCulture));
        var call = new TenantRestoreCall(
            request.Set, tenant, run.Hold, new RestoreLimits(world.Config.Migrations.LockTimeout, world.Config.Migrations.Retries), request.KeepFor,
            async token => await SafetyAsync(tenant, label, run, token));
        var restored = await restore.TenantAsync(call, cancellation);
        var old = restored.OldSchema is null ? "" : $"; as it was: schema {restored.OldSchema} and set {restored.SafetySet}";
        var version = restored.Version is null ? "" : $" at {restored.Version}";
        var line = $"{restored.Schema}{version}: {restored.Fingerprint.Split(':')[0]} rows, fingerprint equal to the manifest's{old}";
        run.Story.Detail(line);
        return line;
    }

    /// <summary>Taken when nobody writes any more: it has the last row.</summary>
    private async Task<string> SafetyAsync(Scope tenant, BackupLabel label, RunContext run, CancellationToken cancellation)
    {
        var set = BackupStep.SetName(label);
        run.Story.Detail($"writers of \"{tenant.Schema}\" wait; backing it up as it is now, as {set}");
        await Backup.TakeAsync(set, [tenant], label, cancellation);
        await Backup.VerifyAsync(set, Config.BackupVerification.List, cancellation);
        return set;
    }

    private static string Sentence(RestoreRequest request, List<string> done, string rest) => string.Create(CultureInfo.InvariantCulture,
        $"{done.Count} of {request.Tenants.Length} tenants restored from {request.Set}; {rest}");
}

using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Backup;

namespace SafeDeploy.Pipeline;

/// <param name="Tenants">In the order in which they are restored; never empty.</param>
/// <param name="KeepFor">How long a tenant as it was is kept.</param>
public sealed record RestoreRequest(RunIdentity Run, string Set, ImmutableArray<Scope> Tenants, string Reason, TimeSpan KeepFor);

/// <summary><c>restore</c>: brings tenants back from a set, one transaction each. Never automatic.</summary>
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

    public Task<RunEnd> RunAsync(RestoreRequest request, RunCancellation cancellation) =>
        WorkAsync(request.Run, cancellation, run => TenantsAsync(request, run));

    /// <summary>Removes what restored tenants were before, once its time is over.</summary>
    public Task<RunEnd> DropExpiredAsync(RunIdentity who, RunCancellation cancellation) => WorkAsync(who, cancellation, async run =>
    {
        var (dropped, held) = await restore.DropExpiredAsync(run.Hold, run.Force);
        await run.RecordAsync(StepName.Restore, new LedgerFact.Noted("kept schemas dropped", string.Join(", ", dropped)));
        foreach (var name in held)
            run.Story.Warning($"{name} is kept: something outside depends on it");
        return (ExitCode.Done, string.Create(CultureInfo.InvariantCulture, $"{dropped.Length} kept schemas dropped, {held.Length} held by what depends on them"), []);
    });

    private IBackupMethod Backup => world.Backup ?? throw new ProblemException(ManualRestoreProblems.NoStore());

    private bool IsMine(BackupSet set) => set.Label.Project == world.Config.Project && set.Label.Environment == world.Config.EnvironmentName;

    /// <summary>Under a hold of its own, so that no deployment runs meanwhile; in the ledger as a deployment that releases nothing.</summary>
    private async Task<RunEnd> WorkAsync(
        RunIdentity who, RunCancellation cancellation, Func<RunContext, Task<(ExitCode Code, string Statement, ImmutableArray<Problem> Problems)>> work)
    {
        await world.Ledger.PrepareAsync(cancellation.Graceful);
        var environment = world.Config.EnvironmentName;
        var state = await world.Ledger.StateAsync(environment, cancellation.Graceful);
        var release = state.LastCommitted?.To ?? new Release("none", null, null, "", null);
        var acquired = await world.Ledger.AcquireAsync(
            new AcquireRequest(AcquireMode.Open, world.Config.Project, new DeploymentIdentity(environment, who.RunId, Kind), release, who), cancellation.Graceful);
        if (acquired is Acquisition.Busy other)
            return RunEnd.Refused(PipelineProblems.OccupiedBy(other.State));
        var held = acquired as Acquisition.Held ?? throw new InvalidOperationException("opening a restore finds nothing to take over");
        await using var hold = held.Hold;
        using var forceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Forceful, hold.Lost);
        using var graceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation.Graceful, hold.Lost);
        var history = new LedgerHistory(await hold.ReadAsync(forceful.Token));
        var run = new RunContext(hold, history, world.Story, world.Clock, new RunCancellation(graceful.Token, forceful.Token));
        var (code, statement, problems) = await work(run);
        var conclusion = code == ExitCode.Done ? Conclusion.Restored : Conclusion.Refused;
        await hold.ConcludeAsync(new LedgerFact.Concluded(conclusion, (int)code, statement, [.. problems.Select(ProblemNote.Of)]), forceful.Token);
        return new RunEnd(conclusion, code, statement, problems, hold.Deployment, await world.RecordOfAsync(hold.Deployment, forceful.Token));
    }

    private async Task<(ExitCode, string, ImmutableArray<Problem>)> TenantsAsync(RestoreRequest request, RunContext run)
    {
        var done = new List<string>();
        if (request.Reason.Length > 0)
            await run.RecordAsync(StepName.Restore, new LedgerFact.Noted("reason", request.Reason));
        foreach (var tenant in request.Tenants)
        {
            if (run.Cancellation.IsCancellationRequested)
                return (ExitCode.Cancelled, Sentence(request, done, "cancelled before the next"), []);
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
                return (ExitCode.Failed, Sentence(request, done, $"\"{tenant.Schema}\" is as it was"), [failure.Problem]);
            }
        }

        return (ExitCode.Done, Sentence(request, done, "fingerprints equal the manifest's"), []);
    }

    private async Task<string> OneAsync(RestoreRequest request, Scope tenant, int place, RunContext run, CancellationToken cancellation)
    {
        var label = new BackupLabel(
            world.Config.Project, world.Config.EnvironmentName,
            string.Create(CultureInfo.InvariantCulture, $"{run.Hold.Deployment.Value}-before-restore-{place + 1}"), "before-restore");
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

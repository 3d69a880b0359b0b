using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Preflight.Checks;

namespace SafeDeploy.Steps.Preflight;

/// <summary>Asks everything that can be asked before anything is touched, and says all of it at once. Changes nothing.</summary>
public sealed class PreflightStep(
    DeployConfig config, IDatabase database, IBackupMethod? backup, IDeployTarget? target, Release to, ImmutableArray<IPreflightCheck> checks) : IStep
{
    /// <summary>Worst first: what makes the others pointless stands before them.</summary>
    public static ImmutableArray<IPreflightCheck> AllChecks { get; } =
    [
        new ServerTakesWrites(), new ConnectionIsDirect(), new RoleMayMigrate(), new TenantsAreReadable(), new TenantsAreAlike(), new BackupCanBeTaken(), new BackupSpaceIsThere(), new BackupIsElsewhere(),
        new BackupIsRecent(), new ConnectionsAreFree(), new MachineHasRoom(), new NoLongTransactions(), new ImageIsThere(), new ReadinessIsConfigured(), new NoInvalidIndexes(),
    ];

    public StepName Name => StepName.Preflight;

    /// <summary>What each tenant still lacks; null where tenants are not migrated.</summary>
    public FleetHistory? Fleet { get; init; }

    public bool AcceptsDrift { get; init; }

    /// <summary>False: a person left the backup out.</summary>
    public bool TakesBackup { get; init; } = true;

    /// <summary>Null where the system tells nothing about this machine.</summary>
    public MachineFacts? Machine { get; init; }

    public async Task<StepOutcome> RunAsync(RunContext run)
    {
        PreflightSubject subject;
        try
        {
            subject = await SubjectAsync(run.Clock.GetUtcNow(), run.Cancellation);
        }
        catch (ProblemException unreachable)
        {
            return new StepOutcome.Refused(unreachable.Problem);
        }

        var refusals = ImmutableArray.CreateBuilder<Problem>();
        var warnings = 0;
        foreach (var check in checks)
            foreach (var finding in await FindingsAsync(check, subject, run.Cancellation))
                warnings += Tell(run.Story, check.Name, finding, refusals);
        return refusals.Count == 0
            ? new StepOutcome.Succeeded($"{checks.Length} checks, {(warnings == 0 ? "no warning" : $"{warnings} warnings")}")
            : new StepOutcome.Refused(refusals[0], [.. refusals.Skip(1)]);
    }

    private async Task<PreflightSubject> SubjectAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var facts = await database.FactsAsync(cancellation);
        var tenants = config.Tenants is { } source ? await database.TenantsAsync(source, cancellation) : new TenantList([], [], []);
        return new PreflightSubject(config, database, facts, tenants, backup, target, to)
        {
            Now = now,
            Fleet = Fleet,
            AcceptsDrift = AcceptsDrift,
            TakesBackup = TakesBackup,
            Machine = Machine,
        };
    }

    /// <summary>What a check finds; that it could not read is a finding too.</summary>
    public static async Task<IReadOnlyList<PreflightFinding>> FindingsAsync(IPreflightCheck check, PreflightSubject subject, CancellationToken cancellation)
    {
        try
        {
            return await check.CheckAsync(subject, cancellation);
        }
        catch (ProblemException failure)
        {
            return [new PreflightFinding.Refusal(failure.Problem)];
        }
    }

    /// <returns>1 for a warning.</returns>
    private static int Tell(IStory story, string check, PreflightFinding finding, ImmutableArray<Problem>.Builder refusals)
    {
        switch (finding)
        {
            case PreflightFinding.Good good:
                story.Detail($"{check}: {good.Line}");
                return 0;
            case PreflightFinding.Unknown unknown:
                story.Detail($"{check}: unknown, {unknown.Line}");
                return 0;
            case PreflightFinding.Warning { Problem: var problem }:
                story.Warning($"{problem.Code} {check}: {problem.What}; {problem.Next}");
                return 1;
            case PreflightFinding.Refusal { Problem: var problem }:
                refusals.Add(problem);
                return 0;
            default:
                throw new ArgumentOutOfRangeException(nameof(finding));
        }
    }
}

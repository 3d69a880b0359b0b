using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Preflight;
using SafeDeploy.Steps.Preflight.Checks;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Pipeline;

/// <summary>Looks at everything that a deployment needs, without one: ledger, database, grants, migrations, tools, engine, front. Reads only.</summary>
/// <param name="front">Null where the target has no front and <c>health.url</c> is not set.</param>
public sealed class Doctor(World world, AskFront? front)
{
    private static readonly TimeSpan FrontPatience = TimeSpan.FromSeconds(5);

    /// <summary>Asks all of it: what is wrong with one thing does not hide the others, except what cannot be asked without it.</summary>
    public async Task<DoctorReport> ExamineAsync(CancellationToken cancellation)
    {
        var lines = ImmutableArray.CreateBuilder<DoctorLine>();
        var grants = ImmutableArray<string>.Empty;
        try
        {
            // Whether tenants are built alike is asked of a release, which knows the version each of them has.
            var subject = await SubjectAsync(cancellation);
            lines.Add(Server(subject.Facts));
            foreach (var check in PreflightStep.AllChecks.Where(check => check is not TenantsAreAlike))
                foreach (var finding in await PreflightStep.FindingsAsync(check, subject, cancellation))
                    lines.Add(Line(check.Name, finding));
            grants = [.. (await world.Database.MissingPrivilegesAsync(subject.MigratedScopes, cancellation)).Select(missing => missing.Grant).Distinct(StringComparer.Ordinal)];
            lines.Add(await TriedAsync("ledger", () => LedgerAsync(cancellation)));
        }
        catch (ProblemException away)
        {
            lines.Add(Bad("database", away.Problem));
            lines.Add(new DoctorLine("grants, ledger, backup", DoctorVerdict.Unknown, "not asked: the database does not answer"));
        }

        foreach (var engine in new[] { world.Public, world.Tenants }.OfType<IMigrationEngine>())
            lines.Add(await TriedAsync(engine.Kind == ScopeKind.Public ? "migrations of public" : "migrations of tenants", () => MigrationsAsync(engine, cancellation)));
        if (world.Target is { } target)
            await TargetAsync(target, lines, cancellation);
        return new DoctorReport(lines.ToImmutable(), grants);
    }

    private async Task<PreflightSubject> SubjectAsync(CancellationToken cancellation)
    {
        var facts = await world.Database.FactsAsync(cancellation);
        var tenants = world.Config.Tenants is { } source ? await world.Database.TenantsAsync(source, cancellation) : new TenantList([], [], []);
        // No release is meant: what it would be called and mean is the plan's business.
        var release = new Release(world.Config.Deploy?.Version ?? "", world.Config.Deploy?.Image, null, "", null);
        return new PreflightSubject(world.Config, world.Database, facts, tenants, world.Backup, world.Target, release)
        {
            Now = world.Clock.GetUtcNow(),
            Machine = world.Machine?.Read(),
        };
    }

    private DoctorLine Server(ServerFacts facts) => new("database", DoctorVerdict.Good, string.Create(
        CultureInfo.InvariantCulture,
        $"{world.Database.Display} answers: version {facts.VersionNumber / 10000}.{facts.VersionNumber % 10000}, user \"{facts.User}\", {facts.DatabaseBytes / 1048576.0:0} MB"));

    private async Task<DoctorLine> LedgerAsync(CancellationToken cancellation)
    {
        var state = await world.Ledger.StateAsync(world.Config.EnvironmentName, cancellation);
        return state.State switch
        {
            HoldState.Dead => Warned("ledger", PreflightProblems.DeploymentDied(state.Environment, state.Current?.Id.Value ?? "")),
            HoldState.Free => Good("ledger", $"{world.Ledger.Location}: {(state.Current is null ? "no deployment yet" : $"free; released last: {state.LastCommitted?.To.Display ?? "nothing"}")}"),
            var busy => Good("ledger", $"{world.Ledger.Location}: deployment {state.Current?.Id} is {(busy == HoldState.Parked ? "parked" : "being worked on")}"),
        };
    }

    private static async Task<DoctorLine> MigrationsAsync(IMigrationEngine engine, CancellationToken cancellation)
    {
        var set = await engine.LoadAsync(cancellation);
        var backless = set.Migrations.Count(m => m.Rollback is null);
        return Good(engine.Kind == ScopeKind.Public ? "migrations of public" : "migrations of tenants", string.Create(
            CultureInfo.InvariantCulture,
            $"{set.Migrations.Length} read{(set.Migrations.IsEmpty ? "" : $", the last is {set.Migrations[^1].Version}")}{(backless == 0 ? "" : $"; {backless} without a way back")}"));
    }

    private async Task TargetAsync(IDeployTarget target, ImmutableArray<DoctorLine>.Builder lines, CancellationToken cancellation)
    {
        var name = $"target {target.Kind}";
        var state = default(TargetState);
        lines.Add(await TriedAsync(name, async () =>
        {
            state = await target.StateAsync(cancellation);
            var missing = await target.MissingAsync(cancellation);
            var serves = state.Slot(state.Serving) is { } slot ? string.Create(CultureInfo.InvariantCulture, $"{slot.Version} serves, {slot.Running} running") : "nothing serves yet";
            return Good(name, $"{serves}{(state.Held ? "; traffic is held" : "")}{(missing.IsEmpty ? "" : $"; the next deployment makes {string.Join(", ", missing)}")}");
        }));
        if (front is not null && state?.Serving is not null)
            lines.Add(await TriedAsync("front", () => FrontAsync(front, cancellation)));
    }

    private async Task<DoctorLine> FrontAsync(AskFront ask, CancellationToken cancellation)
    {
        var path = world.Config.Health?.Readiness ?? world.Config.Health?.Liveness ?? "/";
        var answer = await ask(HttpQuestion.Get(path, FrontPatience), cancellation);
        return answer.Status is > 0 and < 500
            ? Good("front", string.Create(CultureInfo.InvariantCulture, $"GET {path} answers {answer.Status} in {answer.Took.TotalMilliseconds:0} ms"))
            : Bad("front", PreflightProblems.FrontIsSilent(path, answer.Status == 0 ? answer.Error : string.Create(CultureInfo.InvariantCulture, $"status {answer.Status}")));
    }

    private static async Task<DoctorLine> TriedAsync(string name, Func<Task<DoctorLine>> ask)
    {
        try
        {
            return await ask();
        }
        catch (ProblemException failure)
        {
            return Bad(name, failure.Problem);
        }
    }

    private static DoctorLine Line(string name, PreflightFinding finding) => finding switch
    {
        PreflightFinding.Good good => Good(name, good.Line),
        PreflightFinding.Unknown unknown => new DoctorLine(name, DoctorVerdict.Unknown, unknown.Line),
        PreflightFinding.Warning { Problem: var problem } => Warned(name, problem),
        PreflightFinding.Refusal { Problem: var problem } => Bad(name, problem),
        _ => throw new ArgumentOutOfRangeException(nameof(finding)),
    };

    private static DoctorLine Good(string name, string line) => new(name, DoctorVerdict.Good, line);

    private static DoctorLine Warned(string name, Problem problem) => new(name, DoctorVerdict.Warning, $"{problem.Code} {problem.What}", Looking(problem));

    private static DoctorLine Bad(string name, Problem problem) => new(name, DoctorVerdict.Bad, $"{problem.Code} {problem.What}", Looking(problem));

    /// <summary>The same problem where no deployment is being started.</summary>
    private static Problem Looking(Problem problem) => problem with { Untouched = "everything: doctor only reads", Now = "going on with the other questions" };
}

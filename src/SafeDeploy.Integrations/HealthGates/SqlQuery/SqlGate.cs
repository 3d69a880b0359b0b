using System.Collections.Concurrent;
using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.HealthGates.SqlQuery;

/// <summary>One boolean of a query, in the shared schema or in every tenant; true passes.</summary>
/// <param name="tenants">Null when the database has none.</param>
public sealed class SqlGate(GateSettings.Sql settings, IDatabase database, TenantsSettings? tenants) : IHealthGate
{
    private const int AtOnce = 4;
    private const int Named = 5;
    private const string Threshold = "the query gives true";

    public string Name => settings.Name;

    public bool IsCritical => settings.Critical;

    public async Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation)
    {
        var scopes = await ScopesAsync(cancellation);
        if (scopes.IsEmpty)
            return Reading(Verdict.Inconclusive, "there is no tenant to ask", "");
        var parameters = ImmutableDictionary<string, object>.Empty.Add("deployment_started", scene.DeploymentStarted);
        var answers = new ConcurrentBag<Answer>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(scopes, options, async (scope, token) => answers.Add(await AskAsync(scope, parameters, token)));
        return Judge([.. answers.OrderBy(a => a.Scope)], scopes[0] is Scope.Public);
    }

    private sealed record Answer(Scope Scope, Verdict Verdict, string Why);

    private async Task<ImmutableArray<Scope>> ScopesAsync(CancellationToken cancellation)
    {
        if (settings.Scope == ScopeKind.Public || tenants is null)
            return [new Scope.Public()];
        var list = await database.TenantsAsync(tenants, cancellation);
        return [.. list.Tenants.Select(t => new Scope.Tenant(t))];
    }

    private async Task<Answer> AskAsync(Scope scope, ImmutableDictionary<string, object> parameters, CancellationToken cancellation)
    {
        try
        {
            return await database.AskAsync(scope, settings.Query, parameters, cancellation) switch
            {
                true => new Answer(scope, Verdict.Pass, ""),
                false => new Answer(scope, Verdict.Fail, "false"),
                null => new Answer(scope, Verdict.Inconclusive, "no row, or NULL"),
                var other => new Answer(scope, Verdict.Fail, $"a {other.GetType().Name} instead of a boolean"),
            };
        }
        catch (ProblemException failure)
        {
            // A query that the server refuses is the release's fault (or the gate's); a server that is away is nobody's reading.
            var verdict = PostgresDatabaseFailure.IsAboutReaching(failure.Problem) ? Verdict.Inconclusive : Verdict.Fail;
            return new Answer(scope, verdict, Why(failure.Problem));
        }
    }

    private static string Why(Problem problem)
    {
        var state = problem.Where.LastIndexOf("SQLSTATE", StringComparison.Ordinal);
        return $"{problem.Code} {(problem.Evidence.Length > 0 ? problem.Evidence : problem.What)}{(state < 0 ? "" : $", {problem.Where[state..]}")}";
    }

    private GateReading Judge(ImmutableArray<Answer> answers, bool isPublic)
    {
        var verdict = answers.Any(a => a.Verdict == Verdict.Fail) ? Verdict.Fail
            : answers.Any(a => a.Verdict == Verdict.Inconclusive) ? Verdict.Inconclusive : Verdict.Pass;
        var bad = answers.Where(a => a.Verdict == verdict && verdict != Verdict.Pass).ToArray();
        if (bad.Length == 0)
            return Reading(Verdict.Pass, isPublic ? "true" : $"true in {answers.Length} of {answers.Length} tenants", "");
        var measured = isPublic ? bad[0].Why : $"{bad.Length} of {answers.Length} tenants {(verdict == Verdict.Fail ? "fail" : "give no answer")}";
        var names = string.Join(", ", bad.Take(Named).Select(b => $"\"{b.Scope.Schema}\" ({b.Why})"));
        return Reading(verdict, measured, isPublic ? "" : bad.Length > Named ? $"{names} and {bad.Length - Named} more" : names);
    }

    private GateReading Reading(Verdict verdict, string measured, string detail) => new(Name, verdict, measured, Threshold, detail, IsCritical);
}

using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Plans;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>plan</c>: what a run would do, and how it would go back; with <c>--files</c> the risk of SQL files alone. Changes nothing.</summary>
public static class PlanCommand
{
    public static Command Of(Invocation invocation)
    {
        var command = new Command("plan", "What is pending where, whether the serving image survives it, its risk, and the way back in advance.");
        command.Options.Add(FileOptions.Files);
        command.Options.Add(FileOptions.Schema);
        command.Options.Add(FileOptions.Independent);
        command.Options.Add(FileOptions.Trace);
        command.Options.Add(PlanOptions.Limit);
        command.Options.Add(PlanOptions.GitBase);
        command.Options.Add(PlanOptions.Statistics);
        command.Options.Add(PlanOptions.ExportStatistics);
        command.Options.Add(PlanOptions.TenantNames);
        command.Options.Add(PlanOptions.Fix);
        command.Options.Add(PlanOptions.Replace);
        command.SetAction((line, _) => line.GetValue(FileOptions.Files) is { Length: > 0 } files
            ? FilePlan.RunAsync(invocation, line, files)
            : line.GetValue(PlanOptions.GitBase) is { } reference ? ChangeCommand.RunAsync(invocation, line, reference)
            : line.GetResult(PlanOptions.ExportStatistics) is not null ? Session.UseAsync(invocation, line, session => ExportAsync(invocation, session, line))
            : Session.UseAsync(invocation, line, session => ActAsync(invocation, session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Invocation invocation, Session session, ParseResult line)
    {
        var cancellation = session.Signals.Cancellation.Graceful;
        var builder = new PlanBuilder(session.World);
        var (release, image, sets) = await builder.ReleaseAsync(session.Commit, cancellation);
        var plan = await builder.BuildAsync(release, image, sets, cancellation);
        foreach (var refusal in plan.Refusals)
            session.Tell(refusal);
        session.Print(Rendered(invocation, session, line, plan));
        return (int)(plan.Refusals.IsEmpty ? ExitCode.Done : ExitCode.Refused);
    }

    private static async Task<int> ExportAsync(Invocation invocation, Session session, ParseResult line)
    {
        var cancellation = session.Signals.Cancellation.Graceful;
        var tenants = session.World.Config.Tenants is { } source ? (await session.World.Database.TenantsAsync(source, cancellation)).Tenants : [];
        Scope[] scopes = [.. tenants.Select(t => new Scope.Tenant(t))];
        var name = line.GetValue(PlanOptions.ExportStatistics) ?? StatisticsFile.DefaultName;
        if (await session.World.Database.StatisticsAsync(scopes, scopes.FirstOrDefault(), cancellation) is not { } statistics)
            throw new ProblemException(PlanSourceProblems.NoStatistics(name, "this database does not tell its sizes"));
        await StatisticsFile.WriteAsync(Path.GetFullPath(name, invocation.Folder), statistics, line.GetValue(PlanOptions.TenantNames), cancellation);
        session.Print(string.Create(CultureInfo.InvariantCulture, $"wrote {name}: structure and sizes of public and {scopes.Length} tenants\n"));
        return (int)ExitCode.Done;
    }

    private static string Rendered(Invocation invocation, Session session, ParseResult line, DeployPlan plan)
    {
        var document = Document(session.World.Config, plan);
        var weight = plan.Weight;
        var review = PlanReview.Of(plan.Risk, session.World.Config.Risk.FailOn, PlanForecast.WayBack(plan), weight is null ? null : weight.Lasts) with
        {
            Fleet = weight?.Sentences(plan.Risk) ?? [],
        };
        PlanOutput.Also(invocation, plan.Risk, review, session.Redactor.Clean);
        return session.WantsJson
            ? JsonSerializer.Serialize(document, SafeDeployJson.Default.DeployPlanDocument)
            : PlanOutput.Of(line, plan.Risk, review) ?? PlanText.Render(document, review);
    }

    private static DeployPlanDocument Document(DeployConfig config, DeployPlan plan) => new(
        config.EnvironmentName, plan.To.Version, plan.To.Digest, plan.Migrations,
        plan.TenantList.Tenants.Length, plan.PendingTenants.Count, [.. config.Migrations.Waves.Select(Words)],
        plan.FitsPreviousImage, plan.HoldsTraffic, PlanForecast.Of(plan), Findings(plan.Risk), plan.Weight?.Figures(plan.Risk) ?? [], [.. plan.Refusals.Select(ProblemNote.Of)]);

    private static ImmutableArray<RiskLine> Findings(RiskReport risk) =>
    [
        .. risk.Statements.SelectMany(s => s.Open.Select(f => (Statement: s, Finding: f)))
            .OrderByDescending(f => f.Finding.Severity)
            .Select(f => new RiskLine(
                f.Statement.File, f.Statement.Line, f.Finding.Rule, f.Finding.Severity.ToString().ToLowerInvariant(), f.Finding.Message, f.Finding.Remedy)),
    ];

    private static string Words(WaveSize wave) => wave switch
    {
        WaveSize.Canaries => "canaries",
        WaveSize.UpTo share => share.Share.ToString(),
        _ => throw new ArgumentOutOfRangeException(nameof(wave)),
    };
}

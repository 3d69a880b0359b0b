using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>plan</c>: what a run would do, and how it would go back; changes nothing.</summary>
public static class PlanCommand
{
    public static Command Of(Invocation invocation)
    {
        var command = new Command("plan", "What is pending where, whether the serving image survives it, and the way back in advance.");
        command.SetAction((line, _) => Session.UseAsync(invocation, line, ActAsync));
        return command;
    }

    private static async Task<int> ActAsync(Session session)
    {
        var cancellation = session.Signals.Cancellation.Graceful;
        var builder = new PlanBuilder(session.World);
        var (release, image, sets) = await builder.ReleaseAsync(session.Commit, cancellation);
        var plan = await builder.BuildAsync(release, image, sets, cancellation);
        foreach (var refusal in plan.Refusals)
            session.Tell(refusal);
        var document = new PlanDocument(
            session.World.Config.EnvironmentName, release.Version, release.Digest, plan.Migrations,
            plan.TenantList.Tenants.Length, plan.PendingTenants.Count, [.. session.World.Config.Migrations.Waves.Select(Words)],
            plan.FitsPreviousImage, plan.HoldsTraffic, PlanForecast.Of(plan), [.. plan.Refusals.Select(ProblemNote.Of)]);
        session.Print(session.WantsJson ? JsonSerializer.Serialize(document, SafeDeployJson.Default.PlanDocument) : PlanText.Render(document));
        return (int)(plan.Refusals.IsEmpty ? ExitCode.Done : ExitCode.Refused);
    }

    private static string Words(WaveSize wave) => wave switch
    {
        WaveSize.Canaries => "canaries",
        WaveSize.UpTo share => share.Share.ToString(),
        _ => throw new ArgumentOutOfRangeException(nameof(wave)),
    };
}

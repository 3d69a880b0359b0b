using System.Collections.Immutable;
using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Integrations.Plans;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Verdict;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>plan --git-base REF</c>: the risk of what a pull request changes in the configured folders; asks no database.</summary>
internal static class ChangeCommand
{
    public static async Task<int> RunAsync(Invocation invocation, ParseResult line, string reference)
    {
        using var signals = new Signals();
        var cancellation = signals.Cancellation.Graceful;
        try
        {
            var path = Path.GetFullPath(line.GetValue(CommonOptions.Config)!, invocation.Folder);
            var folder = Path.GetDirectoryName(path)!;
            var reading = await ConfigFile.ReadAsync(path, new ConfigRequest(line.GetValue(CommonOptions.Environment), invocation.Variables, []), cancellation);
            var config = reading.Config ?? throw new ProblemException(reading.Problems[0]);
            var changed = await new GitChanges(new ProcessRunner(TimeProvider.System)).SinceAsync(folder, reference, cancellation);
            var statistics = await StatisticsAsync(line, config, invocation.Folder, folder, cancellation);
            var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
            var (report, fleet) = ChangePlan.Of(
                PgQueryParser.Load(), config, await SetsAsync(config, folder, cancellation), file => changed.Contains(Path.GetFullPath(file, folder)), statistics, today, cancellation);
            var review = PlanReview.Of(report, config.Risk.FailOn, WayBack.Of(report), fleet is null ? null : fleet.Lasts) with { Fleet = fleet?.Sentences(report) ?? [] };
            PlanOutput.Also(invocation, report, review, text => text);
            var answer = line.GetValue(CommonOptions.Output) == "json" ? PlanFiles.ToJson(report, config.Risk.FailOn, fleet) : PlanOutput.Of(line, report, review) ?? ReviewText.Render(review);
            await invocation.Out.WriteLineAsync(answer.TrimEnd('\n'));
            return (int)(review.Refused ? ExitCode.Refused : ExitCode.Done);
        }
        catch (ProblemException known)
        {
            await invocation.Error.WriteAsync(ProblemText.Render(known.Problem));
            return (int)ExitCode.Usage;
        }
        catch (OperationCanceledException) when (signals.WereReceived)
        {
            await invocation.Error.WriteLineAsync("cancelled; a plan changes nothing");
            return (int)ExitCode.Cancelled;
        }
    }

    /// <summary>From <c>--statistics</c>, else from <c>risk.statistics</c>; null where neither is given.</summary>
    private static async Task<FleetStatistics?> StatisticsAsync(ParseResult line, DeployConfig config, string from, string folder, CancellationToken cancellation) =>
        line.GetValue(PlanOptions.Statistics) is { } given ? await StatisticsFile.ReadAsync(Path.GetFullPath(given, from), given, cancellation)
        : config.Risk.Statistics is { } configured ? await StatisticsFile.ReadAsync(Path.GetFullPath(configured, folder), configured, cancellation)
        : null;

    private static async Task<ImmutableArray<MigrationSet>> SetsAsync(DeployConfig config, string folder, CancellationToken cancellation)
    {
        var sets = ImmutableArray.CreateBuilder<MigrationSet>();
        foreach (var (kind, engine) in new[] { (ScopeKind.Public, config.Migrations.Public), (ScopeKind.Tenants, config.Migrations.Tenants) })
        {
            if (engine is not MigrationEngineSettings.SqlFiles files)
                continue;
            var read = await MigrationFolder.FilesAsync(Path.GetFullPath(files.Path, folder), files.Path, cancellation);
            var (set, problems) = MigrationSetReader.Read(kind, files.Path, files.Layout, read);
            sets.Add(problems.IsEmpty ? set : throw new ProblemException(problems[0]));
        }

        return sets.ToImmutable();
    }
}

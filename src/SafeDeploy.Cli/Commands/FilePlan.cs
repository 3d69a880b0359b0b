using System.CommandLine;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Integrations.Plans;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Integrations.Rehearsals;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Verdict;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>plan --files</c>: reads the files, judges them, prints the verdict.</summary>
internal static class FilePlan
{
    public static async Task<int> RunAsync(Invocation invocation, ParseResult line, string[] paths)
    {
        using var signals = new Signals();
        var cancellation = signals.Cancellation.Graceful;
        try
        {
            var risk = await SettingsAsync(invocation, line, cancellation);
            var files = await ReadAsync(invocation.Folder, paths, cancellation);
            if (await ChangedAsync(invocation, line, cancellation) is { } changed)
                KeepChanged(files, invocation.Folder, changed);
            var exported = line.GetValue(PlanOptions.Statistics);
            var statistics = exported is not null
                ? await StatisticsFile.ReadAsync(Path.GetFullPath(exported, invocation.Folder), exported, cancellation)
                : null;
            if (statistics is not null)
                files = [new RiskFile(exported!, statistics.Schema, IsReplayed: true), .. files.Where(f => !f.IsReplayed)];
            var schema = line.GetValue(FileOptions.Schema) is { } given ? ReadFile(invocation.Folder, given) : null;
            var options = new RiskOptions(
                line.GetValue(FileOptions.Independent), risk.ProtectedTables, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime))
            {
                Approvals = risk.Approvals,
                KeepsTrees = line.GetValue(CommonOptions.Output) != "json" || !invocation.AlsoAs.IsEmpty || line.GetValue(PlanOptions.Fix) || line.GetValue(FileOptions.Trace) is not null,
            };
            var parser = PgQueryParser.Load();
            var report = PlanFiles.Run(parser, files, schema, options, cancellation);
            if (line.GetValue(FileOptions.Trace) is { } url)
                report = await new StatementTracer(parser, TimeProvider.System).TraceAsync(url, report, files, schema, options.Independent, cancellation);
            Print(invocation, line, report, risk.FailOn, statistics, cancellation);
            if (line.GetValue(PlanOptions.Fix))
                await FixCommand.WriteAsync(invocation, report, parser, line.GetValue(PlanOptions.Replace), cancellation);
            return (int)(PlanFiles.Refuses(report, risk.FailOn) ? ExitCode.Refused : ExitCode.Done);
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

    /// <summary>From <c>--config</c> where it was given, else the defaults.</summary>
    private static async Task<RiskSettings> SettingsAsync(Invocation invocation, ParseResult line, CancellationToken cancellation)
    {
        if (line.GetResult(CommonOptions.Config) is null or { Implicit: true })
            return new RiskSettings(RiskThreshold.High, []);
        var path = Path.GetFullPath(line.GetValue(CommonOptions.Config)!, invocation.Folder);
        var reading = await ConfigFile.ReadRiskAsync(path, new ConfigRequest(line.GetValue(CommonOptions.Environment), invocation.Variables, []), cancellation);
        return reading.Config?.Risk ?? throw new ProblemException(reading.Problems[0]);
    }

    /// <summary>Files side by side: thousands may be given; folders one after the other.</summary>
    private static async Task<List<RiskFile>> ReadAsync(string from, string[] paths, CancellationToken cancellation)
    {
        var read = SideBySide.Select(paths, path => Directory.Exists(Path.GetFullPath(path, from)) ? [] : new[] { ReadFile(from, path) }, cancellation);
        var files = new List<RiskFile>(paths.Length);
        for (var i = 0; i < paths.Length; i++)
            files.AddRange(read[i].Length > 0 ? read[i] : await FolderAsync(from, paths[i], cancellation));
        return files;
    }

    /// <summary>In its layout's order, its rollback files as ways back; a folder of no known layout by name.</summary>
    private static async Task<IEnumerable<RiskFile>> FolderAsync(string from, string path, CancellationToken cancellation)
    {
        var files = await MigrationFolder.FilesAsync(Path.GetFullPath(path, from), path, cancellation);
        var (set, problems) = MigrationSetReader.Read(ScopeKind.Tenants, path, null, files);
        if (problems.IsEmpty)
            return set.Migrations.Select(m => RiskFile.Of(set, m));
        return files.Where(f => f.Path.EndsWith(".sql", StringComparison.OrdinalIgnoreCase))
            .OrderBy(f => f.Path, StringComparer.Ordinal)
            .Select(f => new RiskFile(f.Path, f.Text));
    }

    private static RiskFile ReadFile(string from, string path)
    {
        try
        {
            return new RiskFile(path, File.ReadAllText(Path.GetFullPath(path, from)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(UsageProblems.UnreadableFile(path, failure.Message), failure);
        }
    }

    /// <summary>Full paths; null where all files are judged.</summary>
    private static async Task<IReadOnlySet<string>?> ChangedAsync(Invocation invocation, ParseResult line, CancellationToken cancellation) =>
        line.GetValue(PlanOptions.GitBase) is { } reference
            ? await new GitChanges(new ProcessRunner(TimeProvider.System)).SinceAsync(invocation.Folder, reference, cancellation)
            : invocation.Changed;

    /// <summary>What the change does not touch is only played, for what it made.</summary>
    private static void KeepChanged(List<RiskFile> files, string folder, IReadOnlySet<string> changed)
    {
        for (var i = 0; i < files.Count; i++)
            files[i] = files[i] with { IsReplayed = !changed.Contains(Path.GetFullPath(files[i].Path, folder)) };
    }

    private static void Print(Invocation invocation, ParseResult line, RiskReport report, RiskThreshold failOn, FleetStatistics? statistics, CancellationToken cancellation)
    {
        var fleet = statistics is null ? null : new FleetRisk(statistics, 1);
        // Made only where somebody reads it: of thousands of files it takes longer than judging them.
        var review = new Lazy<PlanReview>(() =>
            PlanReview.Of(report, failOn, WayBack.Of(report), fleet is null ? null : fleet.Lasts) with { Fleet = fleet?.Sentences(report) ?? [] });
        if (!invocation.AlsoAs.IsEmpty)
            PlanOutput.Also(invocation, report, review.Value, text => text);
        if (line.GetValue(CommonOptions.Output) == "json")
            PlanFiles.WriteJson(invocation.Out, report, failOn, fleet, cancellation);
        else
            invocation.Out.Write((PlanOutput.Of(line, report, review.Value) ?? ReviewText.Render(review.Value)).TrimEnd('\n'));
        invocation.Out.WriteLine();
    }
}

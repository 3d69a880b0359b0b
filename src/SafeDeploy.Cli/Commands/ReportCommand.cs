using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>report</c>: the whole story of a deployment, from the ledger alone.</summary>
public static class ReportCommand
{
    private static readonly Option<string> Format = new Option<string>("--format", "-f")
    {
        Description = "markdown, summary (Markdown for a job's summary, under 1 MiB), html (one page that needs nothing else), post-mortem (the record with what people have to write) or json.",
        DefaultValueFactory = _ => "markdown",
    }.AcceptOnlyFromAmong("markdown", "summary", "html", "post-mortem", "json");

    private static readonly Option<string?> File = new("--file") { Description = "Where it is written instead of stdout; replaced whole or not at all." };

    public static Command Of(Invocation invocation)
    {
        var command = new Command("report", "The whole story of a deployment as Markdown, JSON or a page; the environment's last one unless named.");
        command.Options.Add(DeploymentOptions.Deployment);
        command.Options.Add(Format);
        command.Options.Add(File);
        command.SetAction((line, _) => Session.UseAsync(invocation, line, session => ActAsync(invocation, session, line)));
        return command;
    }

    private static async Task<int> ActAsync(Invocation invocation, Session session, ParseResult line)
    {
        var cancellation = session.Signals.Cancellation.Graceful;
        var (id, history) = await HistoryAsync(session, line.GetValue(DeploymentOptions.Deployment), cancellation);
        var text = Render(DeploymentReportReader.Read(id, history), session, session.WantsJson ? "json" : line.GetValue(Format)!);
        if (line.GetValue(File) is { } file)
            await WriteAsync(Path.GetFullPath(file, invocation.Folder), file, text, cancellation);
        else
            session.Print(text);
        return (int)ExitCode.Done;
    }

    private static async Task<(DeploymentId, LedgerHistory)> HistoryAsync(Session session, string? named, CancellationToken cancellation)
    {
        var environment = session.World.Config.EnvironmentName;
        var id = named is not null ? new DeploymentId(named) : (await session.World.Ledger.StateAsync(environment, cancellation)).Current?.Id;
        var entries = id is { } deployment ? await session.World.Ledger.ReadAsync(deployment, cancellation) : [];
        return entries.IsEmpty
            ? throw new ProblemException(UsageProblems.NothingToReport(environment, named))
            : (id!.Value, new LedgerHistory(entries));
    }

    private static string Render(DeploymentReport report, Session session, string format) => format switch
    {
        "html" => HtmlReport.Render(report, session.Redactor),
        "post-mortem" => MarkdownReport.PostMortem(report, session.Redactor),
        "summary" => MarkdownReport.Summary(report, session.Redactor),
        "json" => session.Redactor.Clean(JsonSerializer.Serialize(report, SafeDeployJson.Default.DeploymentReport)) + "\n",
        _ => MarkdownReport.Render(report, session.Redactor),
    };

    /// <summary>Beside it first, then renamed: whoever reads the file meanwhile reads a whole one.</summary>
    private static async Task WriteAsync(string path, string shown, string text, CancellationToken cancellation)
    {
        var next = $"{path}.next";
        try
        {
            await System.IO.File.WriteAllTextAsync(next, text, cancellation);
            System.IO.File.Move(next, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(UsageProblems.NotWritten(shown, failure.Message), failure);
        }
    }
}

using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>doctor</c>: is everything there that a deployment needs? Reads only; 3 where a run would be refused, 64 for the configuration.</summary>
public static class DoctorCommand
{
    public static Command Of(Invocation invocation)
    {
        var command = new Command("doctor", "Is everything there that a deployment needs: database, grants, tools, engine, front, ledger? Changes nothing.");
        command.SetAction((line, _) => Session.UseAsync(invocation, line, ActAsync));
        return command;
    }

    private static async Task<int> ActAsync(Session session)
    {
        var report = await session.Doctor.ExamineAsync(session.Signals.Cancellation.Graceful);
        var config = session.World.Config;
        var lines = report.Lines.Insert(0, new DoctorLine("configuration", DoctorVerdict.Good, $"{session.ConfigPath} is valid: project {config.Project}, environment {config.EnvironmentName}"));
        foreach (var problem in lines.Select(line => line.Problem).OfType<Problems.Problem>())
            session.Tell(problem);
        var code = report.IsWell ? ExitCode.Done : ExitCode.Refused;
        var document = new DoctorDocument(report.IsWell ? "well" : "ill", (int)code, [.. lines.Select(Entry)], report.Grants);
        session.Print(session.WantsJson ? JsonSerializer.Serialize(document, SafeDeployJson.Default.DoctorDocument) : document.Text());
        return (int)code;
    }

    private static DoctorEntry Entry(DoctorLine line) =>
        new(line.Name, line.Verdict.ToString().ToLowerInvariant(), line.Line, line.Problem is { } problem ? ProblemNote.Of(problem) : null);
}

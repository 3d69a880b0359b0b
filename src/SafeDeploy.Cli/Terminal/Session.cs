using System.CommandLine;
using System.Text.Json;
using SafeDeploy.Cli.Commands;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Ledger;
using SafeDeploy.Pipeline;
using SafeDeploy.Problems;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Cli.Terminal;

/// <summary>One call of a verb: configuration read, world made, secrets known to the redactor, signals caught.</summary>
public sealed class Session : IAsyncDisposable
{
    private readonly Invocation _invocation;
    private readonly Redactor _redactor;
    private readonly ConsoleStory _story;
    private readonly Composition _composition;

    private Session(Invocation invocation, ParseResult line, Redactor redactor, ConsoleStory story, Composition composition, Signals signals)
    {
        _invocation = invocation;
        _redactor = redactor;
        _story = story;
        _composition = composition;
        Signals = signals;
        ConfigPath = line.GetValue(CommonOptions.Config)!;
        WantsJson = line.GetValue(CommonOptions.Output) == "json";
        Run = CiRun.Identify(invocation.Variables, invocation.User, invocation.Machine, invocation.ProcessId);
        Commit = CiRun.Commit(invocation.Variables);
    }

    public Signals Signals { get; }

    /// <summary>For what is escaped before it is printed: a secret is looked for in the text as it was.</summary>
    public Redactor Redactor => _redactor;

    /// <summary>As the command line names it.</summary>
    public string ConfigPath { get; }

    public bool WantsJson { get; }

    public RunIdentity Run { get; }

    public string? Commit { get; }

    public World World => _composition.World;

    public DeployPipeline Pipeline => _composition.Pipeline;

    public RollbackRunner Rollback => _composition.Rollback;

    public RunHook Hook => _composition.Hook;

    public Recovery Recovery => _composition.Recovery;

    public AdoptService Adopt => _composition.Adopt;

    public Doctor Doctor => _composition.Doctor;

    /// <summary>Null where there is no backup store.</summary>
    public ManualRestore? Restore => _composition.Restore;

    /// <summary>Asks a person to type a word; false when there is nobody, or another word came.</summary>
    public bool Confirms(string question, string word)
    {
        if (_invocation.In is not { } person)
            return false;
        _invocation.Error.Write(_redactor.Clean($"{question}; type {word} to go on: "));
        return person.ReadLine()?.Trim() == word;
    }

    /// <summary>Reads the configuration, makes the session, acts, and turns a known failure into its message and exit code.</summary>
    public static async Task<int> UseAsync(Invocation invocation, ParseResult line, Func<Session, Task<int>> act)
    {
        using var signals = new Signals();
        var reading = await ReadConfigAsync(invocation, line, signals.Cancellation.Graceful);
        var redactor = new Redactor([.. reading.Secrets.Select(s => s.Reveal()), .. await EnvFile.SecretsAsync(Folder(invocation, line), reading.Config, signals.Cancellation.Graceful)]);
        var story = new ConsoleStory(invocation.Error, invocation.IsInteractive, redactor, TimeProvider.System, invocation.Progress);
        if (reading.Config is not { } config)
            return BadConfig(reading, story, invocation);
        try
        {
            await using var session = new Session(invocation, line, redactor, story, CompositionRoot.Compose(config, story, redactor, invocation, Folder(invocation, line)), signals);
            return await act(session);
        }
        catch (ProblemException known)
        {
            // Whatever fails in a known way outside a deployment has touched nothing.
            story.Problem(known.Problem);
            return Refused(known.Problem, line, invocation, redactor);
        }
        catch (OperationCanceledException) when (signals.WereReceived)
        {
            story.Problem(PipelineProblems.CancelledIn(null));
            return (int)ExitCode.Cancelled;
        }
    }

    /// <summary>Prints a result on stdout: one document or one text.</summary>
    public void Print(string text) => _invocation.Out.Write(_redactor.Clean(text.EndsWith('\n') ? text : text + "\n"));

    public void Tell(Problem problem) => _story.Problem(problem);

    /// <summary>Prints how a run ended and gives its exit code.</summary>
    /// <param name="rolledBackIsDone">For <c>rollback</c> itself the way back is the success.</param>
    public int Finish(RunEnd end, bool rolledBackIsDone = false)
    {
        var report = end.Deployment is { } id && !end.History.Entries.IsEmpty ? RunReport.Of(id, end.History) : null;
        var code = rolledBackIsDone && end.Conclusion == Conclusion.RolledBack ? ExitCode.Done : end.Code;
        foreach (var problem in end.Problems.Where(p => end.Conclusion is Conclusion.Refused or Conclusion.Cancelled || end.History.End is null && code == ExitCode.PersonNeeded))
            _story.Problem(problem);
        // What a person has to decide about comes last, where it is read.
        if (code == ExitCode.PersonNeeded && end.History.End?.Problems is [.., var last])
            _story.Problem(last);
        if (WantsJson)
            Print(JsonSerializer.Serialize(Document(end, code, report), SafeDeployJson.Default.OutcomeDocument));
        else
            Print(report is null ? $"{end.Statement}\n" : TextReport.Render(report));
        return (int)code;
    }

    /// <summary>Prints the decision of a dry run.</summary>
    public int Finish((RollbackPlan? Plan, RunEnd? Refusal) decided)
    {
        if (decided.Plan is not { } plan)
            return Finish(decided.Refusal!);
        var decision = new DecisionReport(plan.Row, plan.Decision, plan.Reason, [.. plan.Actions.Select(RollbackWords.Of)]);
        Print(WantsJson ? JsonSerializer.Serialize(decision, SafeDeployJson.Default.DecisionReport) : TextReport.Render(decision));
        return (int)ExitCode.Done;
    }

    private static OutcomeDocument Document(RunEnd end, ExitCode code, RunReport? report) => new(
        end.Conclusion is { } conclusion ? JsonSerializer.Serialize(conclusion, SafeDeployJson.Default.Conclusion).Trim('"') : null,
        (int)code, end.Statement, [.. end.Problems.Select(ProblemNote.Of)], report)
    { Timeline = report is null ? [] : DeploymentReportReader.TimelineOf(end.History) };

    private static string PathOfConfig(Invocation invocation, ParseResult line) =>
        Path.GetFullPath(line.GetValue(CommonOptions.Config)!, invocation.Folder);

    private static string Folder(Invocation invocation, ParseResult line) => Path.GetDirectoryName(PathOfConfig(invocation, line))!;

    private static Task<ConfigReading> ReadConfigAsync(Invocation invocation, ParseResult line, CancellationToken cancellation)
    {
        var inputs = new[] { (CommonOptions.Image, "deploy.image"), (CommonOptions.Release, "deploy.version"), (CommonOptions.DockerHost, "deploy.docker.host") }
            .Where(o => line.GetValue(o.Item1) is not null)
            .Select(o => new ConfigInput(o.Item1.Name, o.Item2, line.GetValue(o.Item1)!));
        return ConfigFile.ReadAsync(PathOfConfig(invocation, line), new ConfigRequest(line.GetValue(CommonOptions.Environment), invocation.Variables, [.. inputs]), cancellation);
    }

    private static int BadConfig(ConfigReading reading, ConsoleStory story, Invocation invocation)
    {
        foreach (var problem in reading.Problems)
            story.Problem(problem);
        if (reading.Omitted > 0)
            invocation.Error.WriteLine($"… and {reading.Omitted} more");
        return (int)ExitCode.Usage;
    }

    private static int Refused(Problem problem, ParseResult line, Invocation invocation, Redactor redactor)
    {
        if (line.GetValue(CommonOptions.Output) == "json")
        {
            var document = new OutcomeDocument("refused", (int)ExitCode.Refused, problem.What, [ProblemNote.Of(problem)], null);
            invocation.Out.WriteLine(redactor.Clean(JsonSerializer.Serialize(document, SafeDeployJson.Default.OutcomeDocument)));
        }

        return (int)ExitCode.Refused;
    }

    public ValueTask DisposeAsync() => _composition.DisposeAsync();
}

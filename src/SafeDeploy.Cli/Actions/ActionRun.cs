using System.Collections.Immutable;
using System.Security.Cryptography;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Actions;

/// <summary>One container of the action: masks, the step as a verb of the program, then what GitHub shows of it.</summary>
/// <param name="verb">From <c>args</c> of action.yml; null = the input <c>step</c> decides.</param>
public sealed class ActionRun(Invocation invocation, string? verb) : IDisposable
{
    private const string StatePrefix = "safe_deploy_";
    private const string StandardConfig = "safe-deploy.yml";

    // What decides where and what is rolled back: GitHub evaluates a step's inputs again for its post, and they may have changed.
    private static readonly ImmutableArray<string> Kept = ["config", "environment", "image", "release", "docker-host"];

    private readonly GitHubLog _log = new(invocation.Out, NewToken());
    private readonly ImmutableDictionary<string, string> _inputs = GitHubInputs.Read(invocation.Variables);

    public void Dispose() => _log.Dispose();

    private string Step => verb ?? (_inputs["step"].Length > 0 ? _inputs["step"] : HostModel.DefaultVerb);

    public async Task<int> RunAsync(bool isPost, CancellationToken cancellation)
    {
        if (isPost && HostModel.Verb(Step) is not { HasHook: true })
            return (int)ExitCode.Done;
        var context = GitHubContext.Of(invocation.Variables, await EventAsync(cancellation));
        var files = new GitHubFiles(context, NewToken);
        if (!isPost)
            foreach (var name in Kept)
                files.State(StatePrefix + name, _inputs[name]);
        var reading = await ReadConfigAsync(cancellation);
        Mask(reading);
        if (!isPost)
            HintAtLocalhost(reading.Config);
        var (arguments, wrong) = isPost ? (Hook(), []) : HostCommandLine.Of(Step, Given());
        if (!wrong.IsEmpty)
            return Refuse(wrong);
        var report = new ActionReport(context, files, _log, invocation, Redactor(reading), _inputs);
        var changed = Step == "plan" ? await report.ChangedAsync(cancellation) : null;
        var (result, markdown, sarif) = (new StringWriter(), new StringWriter(), new StringWriter());
        var code = await FrontDoor.RunAsync(
            [.. arguments, "--output", "json"], invocation with { Out = result, Error = _log, IsInteractive = false, AlsoAs = Forms(markdown, sarif), Changed = changed });
        await report.PublishAsync(
            new ActionResult(Step, isPost, code, result.ToString(), reading.Config) { Markdown = markdown.ToString(), Sarif = sarif.ToString() }, cancellation);
        _log.End();
        return code;
    }

    /// <summary>Files are judged without a configuration too: its name's default is nothing that somebody asked for.</summary>
    private ImmutableDictionary<string, string> Given() =>
        _inputs["files"].Length > 0 && _inputs["config"] == StandardConfig && !File.Exists(Path.GetFullPath(StandardConfig, invocation.Folder)) ? _inputs.Remove("config") : _inputs;

    /// <summary>What people see of a plan, from the same run of it; other steps leave both empty.</summary>
    private ImmutableArray<PlanForm> Forms(TextWriter markdown, TextWriter sarif) =>
    [
        new PlanForm("markdown", GitHubPlan.MarkdownLimit, markdown),
        .. _inputs["sarif"] == "true" ? [new PlanForm("sarif", 0, sarif)] : ImmutableArray<PlanForm>.Empty,
    ];

    /// <summary>The former inputs as main recorded them; without its record, for a main that died at once, the inputs of now.</summary>
    private ImmutableArray<string> Hook()
    {
        var within = _inputs["rollback-within"].Length > 0 ? _inputs["rollback-within"] : "4m";
        return
        [
            "hook", "--job-status", _inputs["job-status"], "--step", Step, "--within", within,
            .. Kept.Select(name => (Name: name, Value: Recorded(name))).Where(k => k.Value.Length > 0).SelectMany(k => new[] { $"--{k.Name}", k.Value }),
        ];
    }

    private string Recorded(string name) => invocation.Variables.GetValueOrDefault($"STATE_{StatePrefix}{name}", _inputs[name]);

    private async Task<ConfigReading> ReadConfigAsync(CancellationToken cancellation)
    {
        var path = Path.GetFullPath(Recorded("config") is { Length: > 0 } given ? given : "safe-deploy.yml", invocation.Folder);
        var environment = Recorded("environment");
        return await ConfigFile.ReadAsync(path, new ConfigRequest(environment.Length > 0 ? environment : null, invocation.Variables, []), cancellation);
    }

    /// <summary>Before the first line: what is printed later is masked by the runner too, in every step that follows.</summary>
    private void Mask(ConfigReading reading) => _log.Commands(
        reading.Secrets.Select(s => s.Reveal()).Append(_inputs["github-token"]).Where(s => s.Length > 0)
            .SelectMany(s => GitHubCommands.MaskedForms(s)).Distinct(StringComparer.Ordinal).Select(GitHubCommands.Mask));

    private Redactor Redactor(ConfigReading reading) => new(reading.Secrets.Select(s => s.Reveal()).Append(_inputs["github-token"]).Where(s => s.Length > 0));

    private void HintAtLocalhost(DeployConfig? config)
    {
        if (config is not null && Uri.TryCreate(config.Database.Url.Reveal(), UriKind.Absolute, out var url) && url.Host.Length > 0 && url.IsLoopback)
            _log.Commands([GitHubCommands.Annotation(new GitHubAnnotation(
                "warning", "database.url", $"database.url names {url.Host}: inside a container action that is the action itself. The host of a service is its id, for example postgres, with the port of its container."))]);
    }

    private int Refuse(ImmutableArray<string> wrong)
    {
        foreach (var one in wrong)
            _log.Write(ProblemText.Render(UsageProblems.WrongInput(one)));
        _log.End();
        _log.Commands(wrong.Take(GitHubAnnotation.MostOfALevel).Select(w => GitHubCommands.Annotation(new GitHubAnnotation("error", "safe-deploy", w))));
        return (int)ExitCode.Usage;
    }

    private async Task<string> EventAsync(CancellationToken cancellation)
    {
        var path = invocation.Variable("GITHUB_EVENT_PATH");
        return path is not null && File.Exists(path) ? await File.ReadAllTextAsync(path, cancellation) : "";
    }

    private static string NewToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}

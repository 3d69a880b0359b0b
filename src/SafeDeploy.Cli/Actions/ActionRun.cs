using System.Collections.Immutable;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Yaml;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Cli.Actions;

/// <summary>One step of a CI job: masks, the step as a verb of the program, then what the host shows of it.</summary>
/// <param name="verb">From <c>args</c> of action.yml; null = the input <c>step</c> decides.</param>
public sealed class ActionRun(Invocation invocation, IHostPlatform host, string? verb)
{
    private const string StandardConfig = "safe-deploy.yml";

    private readonly ImmutableDictionary<string, string> _inputs = host.Inputs;

    private string Step => verb ?? (_inputs["step"].Length > 0 ? _inputs["step"] : HostModel.DefaultVerb);

    public async Task<int> RunAsync(bool isPost, CancellationToken cancellation)
    {
        if (isPost && !(host.MainRan && HostModel.Verb(Step) is { HasHook: true }))
            return (int)ExitCode.Done;
        if (!isPost)
            foreach (var name in StepInputs.Kept)
                host.Record(name, _inputs[name]);
        var reading = await ReadConfigAsync(cancellation);
        // Before the first line: what is printed later is masked by the host too, in every step that follows.
        var secrets = reading.Secrets.Select(s => s.Reveal()).Concat(host.Secrets).Where(s => s.Length > 0).ToImmutableArray();
        host.Mask(secrets);
        if (!isPost)
            Hint(reading.Config);
        var (arguments, wrong) = isPost ? (Hook(), []) : HostCommandLine.Of(Step, Given(), host.Words);
        if (!isPost)
            wrong = [.. host.Wrong.Concat(wrong).DistinctBy(w => w.Where)];
        if (!wrong.IsEmpty)
            return Refuse(wrong);
        var report = new ActionReport(host, invocation, new Redactor(secrets));
        var changed = Step == "plan" ? await report.ChangedAsync(cancellation) : null;
        var (result, markdown, sarif) = (new StringWriter(), new StringWriter(), new StringWriter());
        var code = await FrontDoor.RunAsync(
            [.. arguments, "--output", "json"], invocation with { Out = result, Error = host.Log, IsInteractive = false, AlsoAs = Forms(markdown, sarif), Progress = host.Progress, Changed = changed });
        await report.PublishAsync(
            new StepResult(Step, isPost, code, result.ToString(), reading.Config) { Markdown = markdown.ToString(), Sarif = sarif.ToString() }, cancellation);
        host.Log.End();
        return code;
    }

    /// <summary>Files are judged without a configuration too: its name's default is nothing that somebody asked for.</summary>
    private ImmutableDictionary<string, string> Given() =>
        _inputs["files"].Length > 0 && _inputs["config"] == StandardConfig && !File.Exists(Path.GetFullPath(StandardConfig, invocation.Folder)) ? _inputs.Remove("config") : _inputs;

    /// <summary>What people see of a plan, from the same run of it; other steps leave both empty.</summary>
    private ImmutableArray<PlanForm> Forms(TextWriter markdown, TextWriter sarif) =>
    [
        new PlanForm("markdown", host.MarkdownLimit, markdown),
        .. _inputs["sarif"] == "true" ? [new PlanForm("sarif", 0, sarif)] : ImmutableArray<PlanForm>.Empty,
    ];

    /// <summary>The former inputs as main recorded them; without its record, for a main that died at once, the inputs of now.</summary>
    private ImmutableArray<string> Hook()
    {
        var within = _inputs["rollback-within"].Length > 0 ? _inputs["rollback-within"] : "4m";
        return
        [
            "hook", "--job-status", host.JobStatus, "--step", Step, "--within", within,
            .. StepInputs.Kept.Select(name => (Name: name, Value: Recorded(name))).Where(k => k.Value.Length > 0).SelectMany(k => new[] { $"--{k.Name}", k.Value }),
        ];
    }

    private string Recorded(string name) => host.Recorded(name) ?? _inputs[name];

    private async Task<ConfigReading> ReadConfigAsync(CancellationToken cancellation)
    {
        var path = Path.GetFullPath(Recorded("config") is { Length: > 0 } given ? given : "safe-deploy.yml", invocation.Folder);
        var environment = Recorded("environment");
        return await ConfigFile.ReadAsync(path, new ConfigRequest(environment.Length > 0 ? environment : null, invocation.Variables, []), cancellation);
    }

    /// <summary>What this host's people have to know before the step fails for it.</summary>
    private void Hint(DeployConfig? config)
    {
        var missing = StepTools.Missing(Step, config, invocation.Variable("PATH") ?? "", File.Exists);
        if (!missing.IsEmpty && host.ToolsHint(missing) is { } tools)
            host.Annotate([new HostAnnotation("warning", "safe-deploy", tools)]);
        if (config is not null && Uri.TryCreate(config.Database.Url.Reveal(), UriKind.Absolute, out var url) && url.Host.Length > 0 && url.IsLoopback && host.LoopbackHint(url.Host) is { } hint)
            host.Annotate([new HostAnnotation("warning", "database.url", hint)]);
    }

    private int Refuse(ImmutableArray<WrongInput> wrong)
    {
        foreach (var one in wrong)
            host.Log.Write(ProblemText.Render(UsageProblems.WrongInput(one, host.Words.Page)));
        host.Log.End();
        host.Annotate(wrong.Take(HostAnnotation.MostOfALevel).Select(w => new HostAnnotation("error", "safe-deploy", w.What)));
        return (int)ExitCode.Usage;
    }
}

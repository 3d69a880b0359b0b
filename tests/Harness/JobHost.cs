using System.Collections.Immutable;

namespace SafeDeploy.Tests.Harness;

/// <summary>One job as actions/runner plays it: mains in order, posts in reverse, conditions, cancel, timeout, shutdown, death.</summary>
public sealed class JobHost
{
    private readonly Dictionary<string, string> _built = [];
    private JobOptions _options;
    private readonly Masker _masker = new();
    private readonly Stack<JobStep> _posts = new();
    private readonly HashSet<string> _registered = [];
    private readonly Dictionary<string, string> _env = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>> _state = [];
    private readonly Dictionary<string, Dictionary<string, string>> _outputs = [];
    private readonly Dictionary<string, object?> _steps = [];
    private readonly List<StepReport> _reports = [];
    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenSource _death = new();
    private JobConclusion _status = JobConclusion.Success;
    private bool _shutdown;
    private bool _isLate;
    private volatile DockerStep? _running;

    public JobHost(JobOptions options)
    {
        _options = options;
        Directory.CreateDirectory(options.Workspace);
        if (Directory.Exists(options.Temp))
            Directory.Delete(options.Temp, recursive: true);
        foreach (var folder in new[] { "_github_home", "_github_workflow", "_runner_file_commands" })
            Directory.CreateDirectory(Path.Combine(options.Temp, folder));
        File.WriteAllText(Path.Combine(options.Temp, "_github_workflow", "event.json"), options.Event);
        _masker.Add(options.Token);
    }

    /// <summary>As the machine sees it; the container has it as <c>/github/workspace</c>.</summary>
    public string Workspace => _options.Workspace;

    /// <summary>The container that runs now, or null.</summary>
    public DockerStep? Running => _running;

    /// <summary>Lines of the step that runs now, for a test that waits for one.</summary>
    public bool HasSaid(string text) => _running?.Says(text) == true || _reports.Any(r => r.Log.Any(l => l.Contains(text, StringComparison.Ordinal)));

    /// <summary>The job's <c>timeout-minutes</c> are over: to its steps that is a cancel.</summary>
    public void TimeOut()
    {
        _isLate = true;
        Cancel();
    }

    public void Cancel()
    {
        _cancel.CancelAfter(TimeSpan.Zero);
        _death.CancelAfter(_options.CancelBudget);
    }

    /// <summary>The machine is taken away politely: the step is cancelled and no later condition is asked.</summary>
    public void Shutdown()
    {
        _shutdown = true;
        _cancel.CancelAfter(TimeSpan.Zero);
    }

    /// <summary>The worker dies: its client of Docker too, the container goes on by itself.</summary>
    public void Kill() => _death.CancelAfter(TimeSpan.Zero);

    public async Task<JobReport> RunAsync(params ImmutableArray<JobStep> steps)
    {
        await using var services = new JobServices(_options);
        _options = _options with { Network = await services.StartAsync() ?? _options.Network };
        try
        {
            await BuildAsync(steps);
            return await StepsAsync(steps);
        }
        finally
        {
            foreach (var image in _built.Values)
                await DockerClient.RunAsync("rmi", "--force", image);
        }
    }

    /// <summary>Once for each distinct reference, before any step; its context is the Dockerfile's own folder.</summary>
    private async Task BuildAsync(ImmutableArray<JobStep> steps)
    {
        foreach (var action in steps.Select(s => s.Uses).OfType<TestAction>().Where(a => a.Folder is not null).DistinctBy(a => a.Reference))
        {
            var dockerfile = Path.GetFullPath(action.Manifest.Image, action.Folder!);
            _built[action.Reference] = $"{_options.Label.Split('=')[^1]}:{Guid.NewGuid():N}";
            var (code, said) = await DockerClient.RunAsync(
                "build", "--label", _options.Label, "-t", _built[action.Reference], "-f", dockerfile, Path.GetDirectoryName(dockerfile)!);
            _reports.Add(new StepReport($"Build {action.Reference}", code == 0 ? "success" : "failure", [.. said.Split('\n')], [], "", "", null));
            if (code != 0)
                _status = JobConclusion.Failure;
        }
    }

    private async Task<JobReport> StepsAsync(ImmutableArray<JobStep> steps)
    {
        foreach (var step in steps.Where(s => s.Uses is { IsLocal: false, Manifest.PreEntrypoint: not null }))
            await ExecuteAsync(step, Stage.Pre, step.Uses!.Manifest.PreIf);
        foreach (var step in steps)
            await ExecuteAsync(step, Stage.Main, Expr.OfStep(step.If));
        while (_posts.TryPop(out var post))
            await ExecuteAsync(post, Stage.Post, post.Uses!.Manifest.PostIf);
        return new JobReport(_status, [.. _reports], _outputs.ToDictionary(o => o.Key, o => (IReadOnlyDictionary<string, string>)o.Value));
    }

    private async Task ExecuteAsync(JobStep step, Stage stage, string condition)
    {
        if (_death.IsCancellationRequested)
            return;
        var name = stage == Stage.Main ? step.Name : $"{stage} {step.Name}";
        if (_cancel.IsCancellationRequested && _status != JobConclusion.Cancelled)
            _status = _shutdown ? JobConclusion.Failure : JobConclusion.Cancelled;
        var output = new StdoutCommands(_masker, _options.Workspace);
        if (_shutdown || !Holds(condition, step, output))
        {
            _reports.Add(new StepReport(name, output.HasFailed ? "failure" : "skipped", [.. output.Log], [.. output.Annotations], "", "", null));
            if (stage == Stage.Main)
                Remember(step, "skipped", "skipped");
            return;
        }

        using var own = new CancellationTokenSource();
        await using var heard = _cancel.Token.Register(() =>
        {
            _status = _shutdown ? JobConclusion.Failure : JobConclusion.Cancelled;
            // A step whose condition still holds after the cancel runs to its end.
            if (_shutdown || !Holds(condition, step, output))
                own.Cancel();
        });
        var (result, docker, summary, raw) = await RunStageAsync(step, stage, output, own.Token);
        if (result == "timeout")
            output.Error($"The action '{name}' has timed out after {step.Timeout!.Value.TotalMinutes} minutes.");
        if (result == "cancelled" && _isLate)
            output.Error("The job has exceeded the maximum execution time.");
        if (result == "cancelled")
            output.Error("The operation was canceled.");
        var outcome = result == "timeout" || output.HasFailed ? "failure" : result;
        var conclusion = outcome == "failure" && step.ContinueOnError ? "success" : outcome;
        if (conclusion == "failure" && _status == JobConclusion.Success)
            _status = JobConclusion.Failure;
        if (stage == Stage.Main)
            Remember(step, outcome, conclusion);
        _reports.Add(new StepReport(name, conclusion, [.. output.Log], [.. output.Annotations], summary, _masker.Clean(docker?.CommandLine ?? ""), docker?.Name)
        {
            ExitCode = docker?.ExitCode,
            Raw = docker is null ? [] : [.. docker.Said, .. raw, docker.CommandLine],
        });
    }

    private async Task<(string Result, DockerStep? Docker, string Summary, string[] Raw)> RunStageAsync(JobStep step, Stage stage, StdoutCommands output, CancellationToken cancel)
    {
        if (step.Uses is not { } action)
            return (await (step.Script is { } script ? ScriptAsync(step, script, output) : step.Run(_env)) == 0 ? "success" : cancel.IsCancellationRequested ? "cancelled" : "failure", null, "", []);
        if (action.Manifest.PostEntrypoint is not null && stage != Stage.Post && _registered.Add(step.Id))
            _posts.Push(step);
        if (action is { IsLocal: true, Manifest.PreEntrypoint: not null } && stage == Stage.Main)
            output.Read($"::warning::`pre` execution is not supported for local action from '{action.Reference}'");
        var files = new FileCommands(Path.Combine(_options.Temp, "_runner_file_commands"));
        var env = new StepEnvironment(_options, Expression(step)).Of(step, files, _env, _state.GetValueOrDefault(step.Id) ?? []);
        var entrypoint = stage switch { Stage.Pre => action.Manifest.PreEntrypoint, Stage.Post => action.Manifest.PostEntrypoint, _ => action.Manifest.Entrypoint };
        var docker = new DockerStep(_options, action with { Image = _built.GetValueOrDefault(action.Reference, action.Image) }, env, entrypoint, Arguments(step, action.Manifest));
        _running = docker;
        var result = await docker.RunAsync(output, step.Timeout, cancel, _death.Token);
        _running = null;
        var summary = Process(step, files, output);
        return (result, docker, summary, files.Raw);
    }

    /// <summary>As the runner's default shell on Linux does it.</summary>
    private async Task<int> ScriptAsync(JobStep step, string script, StdoutCommands output)
    {
        var expression = Expression(step);
        var start = new System.Diagnostics.ProcessStartInfo("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", expression.Text(script)])
        {
            WorkingDirectory = _options.Workspace,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in _options.Env.Concat(_env.Select(e => (e.Key, e.Value))).Concat(step.Env.Select(e => (e.Name, expression.Text(e.Value)))))
            start.Environment[name] = value;
        using var shell = System.Diagnostics.Process.Start(start)!;
        while (await shell.StandardOutput.ReadLineAsync() is { } line)
            output.Read(line);
        await shell.WaitForExitAsync();
        return shell.ExitCode;
    }

    private static ImmutableArray<string> Arguments(JobStep step, ActionManifest manifest) => step.With.FirstOrDefault(w => w.Name == "args").Value is { } given && manifest.Arguments.IsEmpty
        ? [given]
        : manifest.Arguments;

    /// <summary>Read whatever became of the container: what it wrote counts.</summary>
    private string Process(JobStep step, FileCommands files, StdoutCommands output)
    {
        try
        {
            foreach (var (name, value) in files.Read("ENV"))
                _env[name] = value;
            foreach (var (name, value) in files.Read("STATE").Concat(output.State))
                Of(_state, step.Id)[name] = value;
            foreach (var (name, value) in files.Read("OUTPUT").Concat(output.Outputs))
                Of(_outputs, step.Id)[name] = value;
        }
        catch (FormatException wrong)
        {
            output.Error(wrong.Message);
        }

        var summary = files.Summary;
        if (System.Text.Encoding.UTF8.GetByteCount(summary) <= 1_048_576)
            return string.Join('\n', summary.Split('\n').Select(_masker.Clean));
        output.Error("$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k");
        return "";
    }

    private static Dictionary<string, string> Of(Dictionary<string, Dictionary<string, string>> all, string step) =>
        all.TryGetValue(step, out var one) ? one : all[step] = new Dictionary<string, string>(StringComparer.Ordinal);

    private void Remember(JobStep step, string outcome, string conclusion) => _steps[step.Id] = new Dictionary<string, object?>
    {
        ["outcome"] = outcome,
        ["conclusion"] = conclusion,
        ["outputs"] = (_outputs.GetValueOrDefault(step.Id) ?? []).ToDictionary(o => o.Key, o => (object?)o.Value),
    };

    private bool Holds(string condition, JobStep step, StdoutCommands output)
    {
        try
        {
            return Expression(step).Condition(condition);
        }
        catch (FormatException wrong)
        {
            output.Error(wrong.Message);
            return false;
        }
    }

    private Expr Expression(JobStep step) => new(
        new Dictionary<string, object?>
        {
            ["steps"] = _steps,
            ["job"] = new Dictionary<string, object?> { ["status"] = _status.ToString().ToLowerInvariant() },
            ["env"] = _env.Concat(step.Env.Select(e => KeyValuePair.Create(e.Name, e.Value))).GroupBy(e => e.Key).ToDictionary(e => e.Key, e => (object?)e.Last().Value),
            ["github"] = _options.GitHub,
            ["runner"] = new Dictionary<string, object?> { ["os"] = "Linux" },
            ["matrix"] = null,
            ["strategy"] = null,
            ["vars"] = null,
        }.Concat(_options.Contexts).GroupBy(c => c.Key).ToDictionary(c => c.Key, c => c.Last().Value),
        new Dictionary<string, Func<object?>>
        {
            ["success"] = () => _status == JobConclusion.Success,
            ["failure"] = () => _status == JobConclusion.Failure,
            ["cancelled"] = () => _status == JobConclusion.Cancelled,
            ["always"] = () => true,
        });

    private enum Stage
    {
        Pre,
        Main,
        Post,
    }
}

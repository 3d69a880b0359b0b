using System.Collections.Immutable;

namespace SafeDeploy.Tests.Harness;

/// <summary>One job as actions/runner plays it: mains in order, posts in reverse, conditions, cancel, timeout, shutdown, death.</summary>
public sealed class JobHost
{
    private readonly JobOptions _options;
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

    /// <summary>The container that runs now, or null.</summary>
    public DockerStep? Running => _running;

    /// <summary>Lines of the step that runs now, for a test that waits for one.</summary>
    public bool HasSaid(string text) => _running?.Says(text) == true || _reports.Any(r => r.Log.Any(l => l.Contains(text, StringComparison.Ordinal)));

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
        foreach (var step in steps.Where(s => s.Uses?.Manifest.PreEntrypoint is not null))
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
        var (result, docker, summary) = await RunStageAsync(step, stage, output, own.Token);
        if (result == "timeout")
            output.Error($"The action '{name}' has timed out after {step.Timeout!.Value.TotalMinutes} minutes.");
        if (result == "cancelled")
            output.Error("The operation was canceled.");
        var outcome = result == "timeout" || output.HasFailed ? "failure" : result;
        var conclusion = outcome == "failure" && step.ContinueOnError ? "success" : outcome;
        if (conclusion == "failure" && _status == JobConclusion.Success)
            _status = JobConclusion.Failure;
        if (stage == Stage.Main)
            Remember(step, outcome, conclusion);
        _reports.Add(new StepReport(name, conclusion, [.. output.Log], [.. output.Annotations], summary, _masker.Clean(docker?.CommandLine ?? ""), docker?.Name));
    }

    private async Task<(string Result, DockerStep? Docker, string Summary)> RunStageAsync(JobStep step, Stage stage, StdoutCommands output, CancellationToken cancel)
    {
        if (step.Uses is not { } action)
            return (await step.Run(_env) == 0 ? "success" : cancel.IsCancellationRequested ? "cancelled" : "failure", null, "");
        if (action.Manifest.PostEntrypoint is not null && stage != Stage.Post && _registered.Add(step.Id))
            _posts.Push(step);
        var files = new FileCommands(Path.Combine(_options.Temp, "_runner_file_commands"));
        var env = new StepEnvironment(_options, Expression(step)).Of(step, files, _env, _state.GetValueOrDefault(step.Id) ?? []);
        var entrypoint = stage switch { Stage.Pre => action.Manifest.PreEntrypoint, Stage.Post => action.Manifest.PostEntrypoint, _ => action.Manifest.Entrypoint };
        var docker = new DockerStep(_options, action, env, entrypoint, Arguments(step, action.Manifest));
        _running = docker;
        var result = await docker.RunAsync(output, step.Timeout, cancel, _death.Token);
        _running = null;
        return (result, docker, Process(step, files, output));
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
            ["github"] = new Dictionary<string, object?> { ["token"] = _options.Token, ["repository"] = _options.Repository, ["run_id"] = _options.RunId, ["workspace"] = _options.Workspace },
            ["runner"] = new Dictionary<string, object?> { ["os"] = "Linux" },
            ["matrix"] = null,
            ["strategy"] = null,
            ["vars"] = null,
        },
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

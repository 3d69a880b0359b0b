using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>How one job of a pipeline ended.</summary>
/// <param name="Status"><c>success</c>, <c>failed</c>, <c>canceled</c> or <c>skipped</c>.</param>
/// <param name="Exit">Of the script; null when it was killed with its runner, or never ran.</param>
/// <param name="AfterExit">Of <c>after_script</c>; null when it never ran.</param>
/// <param name="Dotenv">What later jobs get.</param>
public sealed record GitLabJobReport(string Name, string Status, int? Exit, string Log, int? AfterExit, string AfterLog, ImmutableDictionary<string, string> Dotenv)
{
    public override string ToString() => $"{Name}: {Status} ({Exit})\n{Log}\n--- after_script\n{AfterLog}";
}

/// <param name="Workspace">The checkout; with the shell executor all jobs of a project have the same.</param>
/// <param name="Pipeline">What GitLab sets: of the pipeline, for rules and for the jobs.</param>
/// <param name="Project">Variables of the project: they win over a job's own. A value that is masked is longer than 8 characters.</param>
public sealed record GitLabRunnerOptions(string Workspace, ImmutableDictionary<string, string> Pipeline, ImmutableDictionary<string, string> Project, ImmutableArray<string> Masked)
{
    /// <summary>Between SIGTERM and SIGKILL; the shell executor waits ten minutes.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>RUNNER_SCRIPT_TIMEOUT: of the script alone, so that <c>after_script</c> still has its time.</summary>
    public TimeSpan? ScriptTimeout { get; init; }
}

/// <summary>Plays a pipeline as GitLab and its runner's shell executor do: stages, script, <c>after_script</c> in a shell of its own, cancel, death.</summary>
/// <remarks>
/// What a job meets was read in the runner's source (common/build.go, helpers/process): on cancel SIGTERM to the process group, SIGKILL
/// after the grace, then <c>after_script</c> with CI_JOB_STATUS; its exit code counts only with AFTER_SCRIPT_IGNORE_ERRORS=false and only
/// where the script succeeded; a runner that dies runs nothing more.
/// </remarks>
public sealed class GitLabRunner(GitLabPipeline pipeline, GitLabRunnerOptions options)
{
    private const int DotenvBytes = 5 * 1024;
    private const int DotenvVariables = 20;

    private static readonly string[] OfOtherRuns = ["CI_", "GITHUB_", "GITLAB_", "BUILD_", "SYSTEM_", "RUNNER_", "ACTIONS_"];

    private readonly Lock _gate = new();
    private Process? _running;
    private bool _isCancelled;
    private bool _isDead;
    private bool _isLate;
    private int _ids = 100;

    /// <summary>All jobs in the order in which they came up; what did not run is <c>skipped</c>.</summary>
    public async Task<ImmutableArray<GitLabJobReport>> RunAsync()
    {
        var done = new List<(GitLabJob Job, GitLabJobReport Report)>();
        foreach (var job in pipeline.Jobs(options.Pipeline))
        {
            var before = done.Where(d => job.Needs is { } needs ? needs.Contains(d.Job.Name) : d.Job.Stage != job.Stage).Select(d => d.Report).ToArray();
            var isDue = !_isCancelled && (job.When == "on_failure" ? before.Any(b => b.Status == "failed") : before.All(b => b.Status is "success"));
            done.Add((job, isDue ? await RunAsync(job, [.. done.Select(d => d.Report)]) : new GitLabJobReport(job.Name, "skipped", null, "", null, "", [])));
        }

        return [.. done.Select(d => d.Report)];
    }

    /// <summary>The cancel button: the script gets its signal, then <c>after_script</c> runs; no further job does.</summary>
    public void Cancel()
    {
        lock (_gate)
        {
            _isCancelled = true;
            Signal("TERM");
        }
    }

    /// <summary>The machine is gone: nothing of this job runs any more, and GitLab calls it failed.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            _isDead = true;
            Signal("KILL");
        }
    }

    private async Task<GitLabJobReport> RunAsync(GitLabJob job, IReadOnlyList<GitLabJobReport> before)
    {
        var environment = Environment(job, before);
        // A clean checkout, as git clean leaves it.
        if (Directory.Exists(Path.Combine(options.Workspace, ".safe-deploy")))
            Directory.Delete(Path.Combine(options.Workspace, ".safe-deploy"), recursive: true);
        var (exit, log) = await InTimeAsync(() => ShellAsync(job.Script, environment, isScript: true));
        if (_isDead)
        {
            _isDead = false;
            return new GitLabJobReport(job.Name, "failed", null, log, null, "", []);
        }

        var status = _isCancelled ? "canceled" : exit == 0 && !_isLate ? "success" : "failed";
        var (afterExit, afterLog) = job.AfterScript.IsEmpty ? ((int?)null, "") : await ShellAsync(job.AfterScript, environment.SetItem("CI_JOB_STATUS", _isLate ? "timedout" : status), isScript: false);
        if (afterExit is not (null or 0) && status == "success" && environment.GetValueOrDefault("AFTER_SCRIPT_IGNORE_ERRORS") == "false")
            status = "failed";
        return new GitLabJobReport(job.Name, status, exit, log, afterExit, afterLog, Dotenv(job));
    }

    private async Task<(int Exit, string Log)> InTimeAsync(Func<Task<(int, string)>> script)
    {
        using var over = new CancellationTokenSource();
        await using var late = over.Token.Register(() =>
        {
            lock (_gate)
            {
                _isLate = true;
                Signal("TERM");
            }
        });
        if (options.ScriptTimeout is { } limit)
            over.CancelAfter(limit);
        return await script();
    }

    /// <summary>Lowest first: the job's own, what earlier jobs left, the project's, the pipeline's, the predefined.</summary>
    private ImmutableDictionary<string, string> Environment(GitLabJob job, IReadOnlyList<GitLabJobReport> before)
    {
        var id = (++_ids).ToString(CultureInfo.InvariantCulture);
        var others = options.Pipeline.SetItems(options.Project).SetItems(new Dictionary<string, string>
        {
            ["CI"] = "true",
            ["GITLAB_CI"] = "true",
            ["CI_JOB_ID"] = id,
            ["CI_JOB_NAME"] = job.Name,
            ["CI_JOB_STATUS"] = "running",
            ["CI_JOB_URL"] = $"https://gitlab.example/acme/pos/-/jobs/{id}",
            ["CI_PROJECT_DIR"] = options.Workspace,
        });
        var all = job.Variables.SetItems(before.SelectMany(b => b.Dotenv)).SetItems(others);
        // A variable may name others; one that is not set is empty.
        return all.ToImmutableDictionary(v => v.Key, v => Regex.Replace(v.Value, @"\$\$|\$\{(\w+)\}|\$(\w+)", m => m.Value == "$$" ? "$" : all.GetValueOrDefault(m.Groups[1].Value + m.Groups[2].Value, "")));
    }

    private async Task<(int Exit, string Log)> ShellAsync(ImmutableArray<string> lines, ImmutableDictionary<string, string> environment, bool isScript)
    {
        var start = new ProcessStartInfo("setsid", ["bash", "-c", "set -eo pipefail\n" + string.Join('\n', lines)])
        {
            WorkingDirectory = options.Workspace,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(n => OfOtherRuns.Any(o => n.StartsWith(o, StringComparison.Ordinal))).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var log = new StringBuilder();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("the shell did not start");
        lock (_gate)
            _running = isScript ? process : null;
        await Task.WhenAll(ReadAsync(process.StandardOutput, log), ReadAsync(process.StandardError, log), process.WaitForExitAsync());
        lock (_gate)
            _running = null;
        return (process.ExitCode, options.Masked.Aggregate(log.ToString(), (text, secret) => text.Replace(secret, "[MASKED]", StringComparison.Ordinal)));
    }

    /// <summary>As it comes: a carriage return is no line end to GitLab.</summary>
    private static async Task ReadAsync(StreamReader stream, StringBuilder log)
    {
        var buffer = new char[4096];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
            lock (log)
                log.Append(buffer, 0, count);
    }

    /// <summary>To the process group; a cancel that is not heard within the grace becomes a kill.</summary>
    private void Signal(string signal)
    {
        if (_running is not { HasExited: false } process)
            return;
        using var kill = Process.Start("kill", [$"-{signal}", "--", $"-{process.Id.ToString(CultureInfo.InvariantCulture)}"]);
        kill.WaitForExit();
        if (signal == "TERM")
            _ = KillLaterAsync(process);
    }

    private async Task KillLaterAsync(Process process)
    {
        await Task.Delay(options.Grace);
        lock (_gate)
            if (_running == process)
                Signal("KILL");
    }

    /// <summary>As GitLab reads the report; what it refuses fails the test that wrote it.</summary>
    private ImmutableDictionary<string, string> Dotenv(GitLabJob job)
    {
        var path = job.Dotenv is { } file ? Path.Combine(options.Workspace, file) : "";
        if (!File.Exists(path))
            return [];
        if (new FileInfo(path).Length >= DotenvBytes)
            throw new FormatException($"Dotenv Artifact Too Big. Maximum Allowable Size: {DotenvBytes}");
        var lines = File.ReadAllLines(path).Select(line => Regex.Match(line, "^(.*?)=(.*)$") is { Success: true } match && Regex.IsMatch(match.Groups[1].Value, "^[A-Za-z0-9_]+$")
            ? KeyValuePair.Create(match.Groups[1].Value, match.Groups[2].Value.Trim())
            : throw new FormatException($"Invalid Format: {line}")).ToImmutableDictionary();
        return lines.Count <= DotenvVariables ? lines : throw new FormatException($"Dotenv files cannot have more than {DotenvVariables} variables");
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace SafeDeploy.Tests.Harness;

/// <summary>One job of the Azure Pipelines agent: prejob in order, main by condition, postjob in reverse for every enabled task, always.</summary>
/// <remarks>Written from what the agent's source does; tasks are run with plain <c>node</c>.</remarks>
public sealed class AgentJob(AgentOptions options)
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _secretNames = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    private readonly Dictionary<AgentTask, Dictionary<string, string>> _taskVariables = [];
    private readonly List<AgentStep> _steps = [];
    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenSource _death = new();
    private bool _isShutDown;

    /// <summary>Succeeded, SucceededWithIssues, Failed or Canceled.</summary>
    public string Status { get; private set; } = "Succeeded";

    /// <summary>The person's button.</summary>
    public void Cancel() => _cancel.Cancel();

    /// <summary>The machine goes: what runs is cancelled, nothing that would come later does.</summary>
    public void Shutdown()
    {
        _isShutDown = true;
        _cancel.Cancel();
    }

    /// <summary>The machine is gone: nothing that ran on it runs on, nothing that would come later does.</summary>
    public void Kill()
    {
        _isShutDown = true;
        _death.Cancel();
    }

    public async Task<AgentReport> RunAsync(params AgentTask[] tasks)
    {
        foreach (var folder in new[] { options.Workspace, options.Temp })
            Directory.CreateDirectory(folder);
        foreach (var (name, value, isSecret) in options.Variables)
            Set(name, value, isSecret);
        _secrets.Add(options.Token);
        foreach (var task in tasks)
            await PhaseAsync(task, "prejobexecution", task.Condition);
        foreach (var task in tasks)
            await PhaseAsync(task, "execution", task.Condition);
        foreach (var task in tasks.Reverse())
            await PhaseAsync(task, "postjobexecution", _ => true);
        return new AgentReport(Status, [.. _steps], _variables.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase));
    }

    private async Task PhaseAsync(AgentTask task, string phase, Func<string, bool> condition)
    {
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(task.Folder, "task.json")))!;
        if (manifest[phase]?["Node20_1"]?["target"]?.ToString() is not { } target)
            return;
        if (_cancel.IsCancellationRequested && Status != "Canceled")
            Status = "Canceled";
        var step = new AgentStep($"{task.Name}{(phase == "execution" ? "" : phase == "postjobexecution" ? " (post)" : " (pre)")}", task.Name) { Result = "Skipped" };
        _steps.Add(step);
        if (_isShutDown || !condition(Status))
            return;
        for (var attempt = 0; attempt <= (phase == "execution" ? task.Retries : 0); attempt++)
        {
            step.Complete = null;
            await OnceAsync(task, manifest, target, phase, step);
            if (step.Result is not "Failed" || _cancel.IsCancellationRequested)
                break;
        }

        if (step.Result == "Failed" && task.ContinueOnError)
            step.Result = "SucceededWithIssues";
        Status = Worst(Status, step.Result);
    }

    private async Task OnceAsync(AgentTask task, JsonNode manifest, string target, string phase, AgentStep step)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(task.Folder, target)])
        {
            WorkingDirectory = task.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in new AgentEnvironment(options, _variables, _secretNames, Status).Of(task, manifest, _taskVariables.GetValueOrDefault(task, [])))
            start.Environment[name] = value;
        step.Environment = start.Environment.ToImmutableDictionary(e => e.Key, e => e.Value ?? "");
        using var process = Process.Start(start)!;
        var commands = new AgentCommands(manifest, step, Set, (name, value) => Remember(task, name, value), secret => _secrets.Add(secret), Masked);
        using var timeout = new CancellationTokenSource();
        // A task's post is not stopped by the cancel that made it run.
        using var stop = phase == "execution" ? CancellationTokenSource.CreateLinkedTokenSource(_cancel.Token, timeout.Token) : new CancellationTokenSource();
        if (task.Timeout is { } limit)
            timeout.CancelAfter(limit);
        await using var death = _death.Token.Register(() => process.Kill(entireProcessTree: true));
        var streams = Task.WhenAll(PumpAsync(process.StandardOutput, commands), PumpAsync(process.StandardError, commands));
        var wasStopped = await EndsAsync(process, stop.Token);
        // A container that outlives its client may hold the streams of nobody; the client's own end here.
        await Task.WhenAny(streams, Task.Delay(TimeSpan.FromSeconds(5)));
        if (_death.IsCancellationRequested)
        {
            step.Result = "Failed";
            return;
        }

        step.ExitCode = process.ExitCode;
        step.Result = wasStopped
            ? _cancel.IsCancellationRequested ? "Canceled" : "Failed"
            : step.Complete ?? (process.ExitCode == 0 ? "Succeeded" : "Failed");
    }

    /// <returns>Whether it was stopped: SIGINT, then SIGTERM, then a kill of the client alone.</returns>
    private async Task<bool> EndsAsync(Process process, CancellationToken stop)
    {
        try
        {
            await process.WaitForExitAsync(stop);
            return false;
        }
        catch (OperationCanceledException)
        {
            foreach (var (signal, wait) in new[] { ("INT", options.InterruptWait), ("TERM", options.TerminateWait), ("KILL", TimeSpan.FromSeconds(10)) })
            {
                using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
                await kill.WaitForExitAsync(CancellationToken.None);
                await Task.WhenAny(process.WaitForExitAsync(CancellationToken.None), Task.Delay(wait, CancellationToken.None));
                if (process.HasExited)
                    break;
            }

            return true;
        }
    }

    private static async Task PumpAsync(StreamReader stream, AgentCommands commands)
    {
        while (await stream.ReadLineAsync() is { } line)
            commands.Read(line);
    }

    private void Set(string name, string value, bool isSecret)
    {
        _variables[name] = value;
        if (!isSecret)
            return;
        _secretNames.Add(name);
        _secrets.Add(value);
    }

    private void Remember(AgentTask task, string name, string value)
    {
        if (!_taskVariables.TryGetValue(task, out var own))
            _taskVariables[task] = own = new(StringComparer.OrdinalIgnoreCase);
        own[name] = value;
    }

    private string Masked(string text)
    {
        lock (_secrets)
            return _secrets.Where(s => s.Length > 2).OrderByDescending(s => s.Length).Aggregate(text, (masked, secret) => masked.Replace(secret, "***", StringComparison.Ordinal));
    }

    private static string Worst(string one, string other)
    {
        string[] order = ["Skipped", "Succeeded", "SucceededWithIssues", "Failed", "Canceled"];
        return Array.IndexOf(order, one) >= Array.IndexOf(order, other) ? one : other;
    }
}

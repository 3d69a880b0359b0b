using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace SafeDeploy.Tests.Harness;

/// <summary>One container of an action: the <c>docker run</c> line, its output, and the signals its client gets.</summary>
public sealed class DockerStep
{
    private readonly JobOptions _options;
    private readonly IReadOnlyDictionary<string, string> _env;
    private readonly List<string> _said = [];

    public DockerStep(JobOptions options, TestAction action, IReadOnlyDictionary<string, string> env, string? entrypoint, ImmutableArray<string> arguments)
    {
        (_options, _env) = (options, env);
        Name = $"{string.Concat(action.Image.Where(char.IsAsciiLetterOrDigit)).TrimStart([.. "0123456789"])}_{Guid.NewGuid().ToString("N")[..6]}";
        var line = new List<string> { $"run --name {Name} --label {options.Label} --workdir /github/workspace --rm" };
        line.AddRange(env.Keys.Select(k => $"-e \"{k}\""));
        line.AddRange(["-e GITHUB_ACTIONS=true", .. env.ContainsKey("CI") ? [] : new[] { "-e CI=true" }]);
        if (entrypoint is not null)
            line.Add($"--entrypoint \"{entrypoint}\"");
        if (options.Network is { } network)
            line.Add($"--network {network}");
        line.Add("-v \"/var/run/docker.sock\":\"/var/run/docker.sock\"");
        line.AddRange(StepEnvironment.Mounts.Select(m => $"-v \"{Path.Combine(options.Temp, m.Folder).TrimEnd('/')}\":\"{m.Inside}\""));
        line.Add($"-v \"{options.Workspace}\":\"/github/workspace\"");
        line.Add(action.Image);
        line.AddRange(arguments.Select(a => $"\"{a.Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
        CommandLine = string.Join(' ', line);
    }

    public string Name { get; }

    /// <summary>Without <c>docker</c>; values go through the client's own environment, so none is in it.</summary>
    public string CommandLine { get; }

    /// <summary>Null while it runs, and where the client was killed before it knew.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>As it came, unmasked.</summary>
    public ImmutableArray<string> Said
    {
        get
        {
            lock (_said)
                return [.. _said];
        }
    }

    public bool Says(string text)
    {
        lock (_said)
            return _said.Any(l => l.Contains(text, StringComparison.Ordinal));
    }

    /// <returns><c>success</c>, <c>failure</c>, <c>cancelled</c> or <c>timeout</c>.</returns>
    public async Task<string> RunAsync(StdoutCommands output, TimeSpan? timeout, CancellationToken cancel, CancellationToken death)
    {
        using var client = new Process { StartInfo = Start() };
        var gate = new Lock();
        void Read(object _, DataReceivedEventArgs line)
        {
            if (line.Data is null)
                return;
            lock (_said)
                _said.Add(line.Data);
            lock (gate)
                output.Read(line.Data);
        }

        client.OutputDataReceived += Read;
        client.ErrorDataReceived += Read;
        try
        {
            client.Start();
        }
        catch (Win32Exception refused)
        {
            output.Error(refused.Message);
            return "failure";
        }

        client.StandardInput.Close();
        client.BeginOutputReadLine();
        client.BeginErrorReadLine();
        return await EndAsync(client, timeout, cancel, death);
    }

    private async Task<string> EndAsync(Process client, TimeSpan? timeout, CancellationToken cancel, CancellationToken death)
    {
        using var clock = new CancellationTokenSource(timeout ?? System.Threading.Timeout.InfiniteTimeSpan);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancel, death, clock.Token);
        if (await EndsAsync(client, any.Token))
        {
            ExitCode = client.ExitCode;
            return client.ExitCode == 0 ? "success" : "failure";
        }

        if (!death.IsCancellationRequested)
            await SignalsAsync(client, death);
        if (client.HasExited)
            ExitCode = client.ExitCode;
        else
            client.Kill();
        await client.WaitForExitAsync(CancellationToken.None);
        return clock.IsCancellationRequested && !cancel.IsCancellationRequested && !death.IsCancellationRequested ? "timeout" : "cancelled";
    }

    private async Task SignalsAsync(Process client, CancellationToken death)
    {
        foreach (var (signal, wait) in new[] { ("-INT", _options.InterruptWait), ("-TERM", _options.TerminateWait) })
        {
            using var kill = Process.Start("kill", [signal, client.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(death);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(death);
            patience.CancelAfter(wait);
            if (await EndsAsync(client, patience.Token))
                return;
        }
    }

    private static async Task<bool> EndsAsync(Process client, CancellationToken until)
    {
        try
        {
            await client.WaitForExitAsync(until);
            return true;
        }
        catch (OperationCanceledException)
        {
            return client.HasExited;
        }
    }

    private ProcessStartInfo Start()
    {
        // The runner builds one string too; its quoting is part of what actions meet.
        var start = new ProcessStartInfo("docker", CommandLine)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _options.Workspace,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        foreach (var (name, value) in _env)
            start.Environment[name] = value;
        return start;
    }
}

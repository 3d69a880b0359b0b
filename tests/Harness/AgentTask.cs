using System.Collections.Immutable;

namespace SafeDeploy.Tests.Harness;

/// <summary>One enabled task of a job.</summary>
/// <param name="Folder">Where the agent has unpacked it: <c>task.json</c> and what it names.</param>
public sealed record AgentTask(string Name, string Folder, ImmutableArray<(string Name, string Value)> Inputs)
{
    /// <summary>Of the job's status when its turn comes; <c>succeeded()</c> unless said otherwise.</summary>
    public Func<string, bool> Condition { get; init; } = status => status is "Succeeded" or "SucceededWithIssues";

    /// <summary><c>retryCountOnTaskFailure</c>.</summary>
    public int Retries { get; init; }

    public bool ContinueOnError { get; init; }

    /// <summary><c>timeoutInMinutes</c> of the step: its main is stopped as by a cancel, and has failed.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>env:</c> of the step.</summary>
    public ImmutableArray<(string Name, string Value)> Env { get; init; } = [];
}

/// <param name="Root">A folder of the test; the job's own folders are made below it.</param>
/// <param name="CollectionUrl">Of the fake service.</param>
public sealed record AgentOptions(string Root, string CollectionUrl)
{
    public string Token { get; init; } = "job-token-planted";

    public ImmutableArray<(string Name, string Value, bool IsSecret)> Variables { get; init; } = [];

    /// <summary>The agent's own: 7.5 s and 2.5 s.</summary>
    public TimeSpan InterruptWait { get; init; } = TimeSpan.FromSeconds(7.5);

    public TimeSpan TerminateWait { get; init; } = TimeSpan.FromSeconds(2.5);

    public string BuildId { get; init; } = "4711";

    public string Workspace => Path.Combine(Root, "_work", "1", "s");

    public string Temp => Path.Combine(Root, "_work", "_temp");
}

/// <summary>One task in one phase, as the run shows it.</summary>
/// <param name="task">By its name outputs are read, also those of its post.</param>
public sealed class AgentStep(string name, string task)
{
    public string Name { get; } = name;

    public string Task { get; } = task;

    /// <summary>Succeeded, SucceededWithIssues, Failed, Canceled or Skipped.</summary>
    public string Result { get; set; } = "";

    public int? ExitCode { get; set; }

    /// <summary>What <c>task.complete</c> said last; the worst wins.</summary>
    public string? Complete { get; set; }

    public List<string> Log { get; } = [];

    /// <summary>Every line before the agent masked anything.</summary>
    public List<string> Raw { get; } = [];

    public List<AgentIssue> Issues { get; } = [];

    public List<string> Summaries { get; } = [];

    public List<(string Name, string File)> Artifacts { get; } = [];

    public List<string> Tags { get; } = [];

    public List<int> Progress { get; } = [];

    /// <summary>Commands that the agent refused, and lines that look like one and are none.</summary>
    public List<string> Refused { get; } = [];

    public ImmutableDictionary<string, string> Environment { get; set; } = ImmutableDictionary<string, string>.Empty;
}

public sealed record AgentIssue(string Type, string Message, string File, string Line, string Code);

public sealed record AgentReport(string Status, ImmutableArray<AgentStep> Steps, ImmutableDictionary<string, string> Variables)
{
    /// <summary>The steps in order, one a line: name and result.</summary>
    public string Course => string.Join('\n', Steps.Select(s => $"{s.Name}: {s.Result}"));

    public AgentStep Step(string name) => Steps.Single(s => s.Name == name);

    /// <summary>Everything that people can read of it.</summary>
    public string Everything => string.Join('\n', Steps.SelectMany(s => s.Log.Concat(s.Summaries).Concat(s.Issues.Select(i => i.ToString()))));
}

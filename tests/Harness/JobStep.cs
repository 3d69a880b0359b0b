using System.Collections.Immutable;

namespace SafeDeploy.Tests.Harness;

/// <summary>A step of a job: an action, or a <c>run</c> that a delegate plays.</summary>
public sealed record JobStep(string Id)
{
    /// <summary>Null = a <c>run</c> step.</summary>
    public TestAction? Uses { get; init; }

    public ImmutableArray<(string Name, string Value)> With { get; init; } = [];

    public ImmutableArray<(string Name, string Value)> Env { get; init; } = [];

    public string? If { get; init; }

    public TimeSpan? Timeout { get; init; }

    public bool ContinueOnError { get; init; }

    /// <summary>Of a <c>run</c> step: gets the values it may set for later steps, gives its exit code.</summary>
    public Func<IDictionary<string, string>, Task<int>> Run { get; init; } = _ => Task.FromResult(0);

    /// <summary>Of a <c>run</c> step as a workflow file has it: a script on the machine itself.</summary>
    public string? Script { get; init; }

    public string Name => Uses is null ? Id : $"Run {Uses.Reference}";
}

/// <param name="Image">Built before; the runner would build it from the manifest's Dockerfile.</param>
public sealed record TestAction(string Reference, ActionManifest Manifest, string Image)
{
    /// <summary>Where its action.yml lies; the runner then builds the image itself, before the first step. Null: built before.</summary>
    public string? Folder { get; init; }

    /// <summary>From the workspace: it has no pre step.</summary>
    public bool IsLocal => Reference.StartsWith("./", StringComparison.Ordinal);
}

/// <summary>What the job is told, and how patient the runner is.</summary>
/// <param name="Root">A folder of the test's own; workspace and temporary files lie below it.</param>
/// <param name="Label">Every container of the job carries it, so that only these are removed.</param>
public sealed record JobOptions(string Root, string Label)
{
    public string Repository { get; init; } = "acme/pos";

    public string RunId { get; init; } = "4711";

    /// <summary>Of the same run: 2 where somebody ran jobs again.</summary>
    public int Attempt { get; init; } = 1;

    public string Event { get; init; } = "{}";

    public string ApiUrl { get; init; } = "http://127.0.0.1:1";

    public string Token { get; init; } = "ghs_TestToken";

    /// <summary>Action containers join it; made by the job itself where it has services.</summary>
    public string? Network { get; init; }

    public ImmutableArray<JobService> Services { get; init; } = [];

    public ImmutableArray<(string Name, string Value)> Env { get; init; } = [];

    public string RefName { get; init; } = "main";

    public string Sha { get; init; } = StepEnvironment.Sha;

    /// <summary>Besides the runner's own: <c>secrets</c>, <c>needs</c>, <c>inputs</c>, <c>matrix</c>.</summary>
    public ImmutableDictionary<string, object?> Contexts { get; init; } = ImmutableDictionary<string, object?>.Empty;

    /// <summary>The context of that name.</summary>
    public Dictionary<string, object?> GitHub => new()
    {
        ["token"] = Token,
        ["repository"] = Repository,
        ["run_id"] = RunId,
        ["workspace"] = Workspace,
        ["ref_name"] = RefName,
        ["sha"] = Sha,
        ["actor"] = StepEnvironment.Actor,
    };

    /// <summary>The runner's own: 7.5 s and 2.5 s.</summary>
    public TimeSpan InterruptWait { get; init; } = TimeSpan.FromSeconds(7.5);

    public TimeSpan TerminateWait { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>After a cancel all that is left must end within it.</summary>
    public TimeSpan CancelBudget { get; init; } = TimeSpan.FromSeconds(300);

    public string Workspace => Path.Combine(Root, "_work", Repository.Split('/')[1], Repository.Split('/')[1]);

    public string Temp => Path.Combine(Root, "_work", "_temp");
}

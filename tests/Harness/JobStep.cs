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

    public string Name => Uses is null ? Id : $"Run {Uses.Reference}";
}

/// <param name="Image">Built before; the runner would build it from the manifest's Dockerfile.</param>
public sealed record TestAction(string Reference, ActionManifest Manifest, string Image);

/// <summary>What the job is told, and how patient the runner is.</summary>
/// <param name="Root">A folder of the test's own; workspace and temporary files lie below it.</param>
/// <param name="Label">Every container of the job carries it, so that only these are removed.</param>
public sealed record JobOptions(string Root, string Label)
{
    public string Repository { get; init; } = "acme/pos";

    public string RunId { get; init; } = "4711";

    public string Event { get; init; } = "{}";

    public string ApiUrl { get; init; } = "http://127.0.0.1:1";

    public string Token { get; init; } = "ghs_TestToken";

    public string? Network { get; init; }

    public ImmutableArray<(string Name, string Value)> Env { get; init; } = [];

    /// <summary>The runner's own: 7.5 s and 2.5 s.</summary>
    public TimeSpan InterruptWait { get; init; } = TimeSpan.FromSeconds(7.5);

    public TimeSpan TerminateWait { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>After a cancel all that is left must end within it.</summary>
    public TimeSpan CancelBudget { get; init; } = TimeSpan.FromSeconds(300);

    public string Workspace => Path.Combine(Root, "_work", Repository.Split('/')[1], Repository.Split('/')[1]);

    public string Temp => Path.Combine(Root, "_work", "_temp");
}

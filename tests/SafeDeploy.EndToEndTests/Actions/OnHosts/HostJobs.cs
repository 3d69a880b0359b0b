using System.Collections.Immutable;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Actions.OnHosts;

/// <summary>Jobs of one step of the product on a CI host; each begins with a checkout of its own, and differs between hosts in nothing a user chose.</summary>
/// <param name="checkout">What is committed: the configuration and what it names.</param>
public abstract class HostJobs(Sample sample, string checkout) : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("sd-host-").FullName;
    private int _jobs;

    protected Sample Sample => sample;

    /// <param name="host"><c>github</c>, <c>azure</c> or <c>gitlab</c>.</param>
    public static HostJobs On(string host, Sample sample, string checkout) => host switch
    {
        "github" => new GitHubJobs(sample, checkout),
        "azure" => new AzureJobs(sample, checkout),
        "gitlab" => new GitLabJobs(sample, checkout),
        _ => throw new ArgumentOutOfRangeException(nameof(host), host, "no such host"),
    };

    /// <summary>Starts a job: the step, and whatever the host runs after it.</summary>
    public abstract HostJob Start(HostStep step);

    public Task<HostEnd> RunAsync(HostStep step) => Start(step).End;

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(_home, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What the host itself leaves behind goes.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    /// <summary>A folder for the next job.</summary>
    protected string NextRoot() => Path.Combine(_home, $"{++_jobs}");

    /// <summary>The commit's files, and an empty folder for backups.</summary>
    protected void CheckOut(string workspace)
    {
        Checkout.Copy(checkout, workspace);
        Directory.CreateDirectory(Path.Combine(workspace, "backups"));
    }

    /// <summary>What the configuration reads from the environment.</summary>
    protected IEnumerable<(string Name, string Value)> Variables(HostStep step, string workspace) => [("BACKUPS", Path.Combine(workspace, "backups")), .. step.Variables];
}

/// <summary>One step of the product, the same on every host.</summary>
public sealed record HostStep(string Verb)
{
    /// <summary>By the names of the option model, with hyphens.</summary>
    public ImmutableArray<(string Name, string Value)> Inputs { get; init; } = [];

    /// <summary>Of the job, besides the address of the database.</summary>
    public ImmutableArray<(string Name, string Value)> Variables { get; init; } = [];

    /// <summary>Of the workflow, the build or the pipeline.</summary>
    public string Run { get; init; } = "4711";

    /// <summary>2 where somebody ran the jobs of the same run again; told by hosts that count.</summary>
    public int Attempt { get; init; } = 1;

    public TimeSpan? Timeout { get; init; }

    /// <summary>Another step of the job comes after it, and fails.</summary>
    public bool IsFollowedByFailure { get; init; }
}

/// <summary>A job under way.</summary>
/// <param name="End">Completes when the host runs nothing more of it.</param>
/// <param name="Cancel">The person's button.</param>
/// <param name="DieAsync">The machine is gone, from one moment to the next, and everything that ran on it.</param>
public sealed record HostJob(Task<HostEnd> End, Action Cancel, Func<Task> DieAsync);

public enum JobColour
{
    Green,
    Red,
    Cancelled,
}

/// <summary>What people see of a job that is over.</summary>
/// <param name="Main">Exit code of the step; null where nobody was left to hear it.</param>
/// <param name="Post">Exit code of what watches it; null where that never ran.</param>
/// <param name="Result">The output of that name; empty where none was set. What watches the step has the last word: of its own work.</param>
/// <param name="Log">Of the step and of what watches it, under their names; free of times and of the job's folders.</param>
/// <param name="Summary">Everything that stands at the job for people to read, as Markdown; free of the job's folders.</param>
public sealed record HostEnd(JobColour Colour, int? Main, int? Post, string Result, string Log, string Summary);

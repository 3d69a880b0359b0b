using System.Collections.Immutable;

namespace SafeDeploy.Tests.Harness;

public enum JobConclusion
{
    Success,
    Failure,
    Cancelled,
}

/// <param name="Conclusion"><c>success</c>, <c>failure</c>, <c>cancelled</c> or <c>skipped</c>.</param>
public sealed record StepReport(string Name, string Conclusion, ImmutableArray<string> Log, ImmutableArray<Annotation> Annotations, string Summary, string DockerRun, string? Container)
{
    /// <summary>Of the container; null where there was none, or its client was killed.</summary>
    public int? ExitCode { get; init; }

    /// <summary>What came out of the container before the runner masked anything: output, summary, the values handed on, the client's command line.</summary>
    public ImmutableArray<string> Raw { get; init; } = [];
}

/// <summary>What GitHub would show of a job.</summary>
public sealed record JobReport(JobConclusion Conclusion, ImmutableArray<StepReport> Steps, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Outputs)
{
    public StepReport Step(string name) => Steps.Single(s => s.Name == name);

    /// <summary>The steps in order, one a line: name and conclusion.</summary>
    public string Course => string.Join('\n', Steps.Select(s => $"{s.Name}: {s.Conclusion}"));

    /// <summary>Everything that people can read of it.</summary>
    public string Everything => string.Join('\n', Steps.SelectMany(s => s.Log.Append(s.Summary).Append(s.DockerRun).Concat(s.Annotations.Select(a => a.ToString()))));
}

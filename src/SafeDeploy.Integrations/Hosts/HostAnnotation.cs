using System.Collections.Immutable;
using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>A remark at the job, or at a line of the change.</summary>
/// <param name="Level"><c>error</c>, <c>warning</c> or <c>notice</c>.</param>
/// <param name="File">From the repository's root; empty = at the job.</param>
public sealed record HostAnnotation(string Level, string Title, string Message, string File = "", int Line = 0)
{
    /// <summary>The rule behind it, or empty.</summary>
    public string Code { get; init; } = "";

    /// <summary>What GitHub and Azure Pipelines show of one step and level; further ones would only be in the log.</summary>
    public const int MostOfALevel = 10;

    /// <summary>The first ten of each level, as they come: worst first is the caller's order.</summary>
    public static ImmutableArray<HostAnnotation> Shown(IEnumerable<HostAnnotation> all) =>
        [.. all.GroupBy(a => a.Level).SelectMany(g => g.Take(MostOfALevel))];

    /// <summary>Before it is escaped: an escaped secret would not be recognised.</summary>
    public HostAnnotation Cleaned(Redactor redactor) => this with { Title = redactor.Clean(Title), Message = redactor.Clean(Message), File = redactor.Clean(File) };
}

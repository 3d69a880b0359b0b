using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>What a pull request changes, as far as it could be learned.</summary>
/// <param name="Iteration">The one that was built; null where the repository is not Azure's own, and where Azure does not tell.</param>
/// <param name="Tracking">By path from the repository's root, the number by which a thread follows the file; null as <paramref name="Iteration"/>.</param>
/// <param name="Paths">From the repository's root; null = not known.</param>
public sealed record AzureChange(Iteration? Iteration, ImmutableDictionary<string, int>? Tracking, IReadOnlySet<string>? Paths)
{
    public static readonly AzureChange Unknown = new(null, null, null);
}

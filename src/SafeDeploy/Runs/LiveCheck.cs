using SafeDeploy.Problems;

namespace SafeDeploy.Runs;

/// <summary>Asks the release that serves now whether it is still well on the schema as it has become.</summary>
/// <param name="after"><c>public</c>, <c>canaries</c> or <c>tenants</c>.</param>
/// <returns>Null when it is.</returns>
public delegate Task<Problem?> LiveCheck(string after, CancellationToken cancellation);

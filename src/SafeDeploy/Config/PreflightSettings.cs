namespace SafeDeploy.Config;

/// <summary>What preflight demands of the machine and of the server beyond what a migration cannot do without.</summary>
/// <param name="FreeMemory">Memory that has to be available on this machine; null = only said.</param>
/// <param name="Load">The load of this machine at most, in percent of its processors; null = only said.</param>
/// <param name="ActiveQueries">Queries that may run on the server at once; null = only said.</param>
public sealed record PreflightSettings(ByteSize? FreeMemory, int? Load, int? ActiveQueries)
{
    public static readonly PreflightSettings None = new(null, null, null);
}

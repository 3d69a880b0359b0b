using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>When the analysis of migrations refuses a deployment.</summary>
/// <param name="ProtectedTables">Table names, bare or with schema, whose change is always critical. May be empty.</param>
/// <param name="Statistics">Path of the export of production's structure and sizes, relative to the configuration file; null = none.</param>
public sealed record RiskSettings(RiskThreshold FailOn, ImmutableArray<string> ProtectedTables, string? Statistics = null)
{
    /// <summary>Path of the file with approvals, relative to the configuration file; null = none.</summary>
    public string? ApprovalsFile { get; init; }

    /// <summary>What that file holds.</summary>
    public ImmutableArray<Approval> Approvals { get; init; } = [];
}

/// <summary>The lowest severity that refuses; <see cref="Never"/> only reports.</summary>
public enum RiskThreshold
{
    Info,
    Low,
    Medium,
    High,
    Critical,
    Never,
}

using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Config;

/// <summary>How a release proves itself, before and after it takes traffic.</summary>
/// <param name="Url">The front door as a user reaches it; null = taken from the target.</param>
/// <param name="Liveness">Path that answers 200 while the process lives; null = not asked.</param>
/// <param name="Readiness">Path that answers 200 once the release can serve; null = not asked.</param>
/// <param name="Version">Proves that the new release answers, not the old one; null = not proved.</param>
/// <param name="Within">The time to become ready.</param>
/// <param name="Soak">The time that all gates must hold after the switch.</param>
/// <param name="Interval">Between two rounds of the gates.</param>
public sealed record HealthSettings(
    Uri? Url,
    string? Liveness,
    string? Readiness,
    VersionProof? Version,
    TimeSpan Within,
    TimeSpan Soak,
    TimeSpan Interval,
    InconclusivePolicy OnInconclusive,
    ImmutableArray<GateSettings> Gates);

public enum InconclusivePolicy
{
    Fail,
    Hold,
    Pass,
}

/// <summary>Where an answer names the release that gave it.</summary>
public abstract record VersionProof
{
    private VersionProof() { }

    public sealed record Header(string Name) : VersionProof;

    /// <param name="Path">Its body is the version, or JSON with a <c>version</c> member.</param>
    public sealed record Body(string Path) : VersionProof;
}

/// <summary>One check with a verdict.</summary>
/// <param name="Name">Unique among the gates.</param>
/// <param name="Critical">False: a failure is reported and does not fail the release.</param>
public abstract record GateSettings(string Name, bool Critical)
{
    /// <param name="Status">The one status that passes; null = any from 200 to 399.</param>
    /// <param name="Body">Text that the body must hold; null = not looked at.</param>
    /// <param name="P95">Limit of the 95th percentile of latency; null = not judged.</param>
    /// <param name="Errors">Highest share of failed requests; 0 = none may fail.</param>
    /// <param name="Samples">Requests a round; fewer answers make the verdict inconclusive.</param>
    public sealed record Http(
        string Name, bool Critical, string Path, int? Status, string? Body, LatencyLimit? P95, Percentage Errors, int Samples)
        : GateSettings(Name, Critical);

    /// <param name="Query">Gives one row with one boolean: true passes.</param>
    /// <param name="Scope">Asked in <c>public</c>, or in every tenant schema.</param>
    public sealed record Sql(string Name, bool Critical, string Query, ScopeKind Scope) : GateSettings(Name, Critical);

    /// <param name="Tables">Tables whose row level security must be as it was before. Never empty.</param>
    public sealed record Rls(string Name, bool Critical, ImmutableArray<string> Tables) : GateSettings(Name, Critical);

    /// <param name="Run">Argument list; exit code 0 passes, 75 (EX_TEMPFAIL) is inconclusive, anything else fails.</param>
    public sealed record Command(string Name, bool Critical, ImmutableArray<string> Run, TimeSpan Within)
        : GateSettings(Name, Critical);
}

/// <summary>How slow is too slow.</summary>
public abstract record LatencyLimit
{
    private LatencyLimit() { }

    /// <param name="Times">Against the baseline taken before the deploy, e.g. 1.5.</param>
    public sealed record Baseline(decimal Times) : LatencyLimit;

    public sealed record Absolute(TimeSpan Time) : LatencyLimit;
}

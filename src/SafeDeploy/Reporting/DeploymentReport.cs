using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Reporting;

/// <summary>The whole story of a deployment: what <c>report</c> renders as Markdown, JSON and a page. Made from the ledger's entries alone.</summary>
/// <param name="Format">Of this document; raised when a member changes its meaning or goes away.</param>
/// <param name="Outcome">The end, the steps, the decision and the problems, as <c>status</c> shows them.</param>
/// <param name="EndedAt">The last entry's time; null while the deployment is open.</param>
/// <param name="Spans">Each time a step ran, in order.</param>
/// <param name="Timeline">What happened when, in order; one line each.</param>
/// <param name="Tenants">Every scope that was planned or touched: what failed first, then what stayed behind, then the rest by name.</param>
/// <param name="Locks">Locks that were not granted in time, the longest first.</param>
/// <param name="Latency">Null where nothing was measured.</param>
/// <param name="Gates">Each gate and whom it was asked of, with its last reading.</param>
/// <param name="Evidence">What the decision rests on; empty without one.</param>
public sealed record DeploymentReport(
    int Format,
    RunReport Outcome,
    RunIdentity? Run,
    DateTimeOffset? EndedAt,
    long DurationMs,
    ImmutableArray<StepSpan> Spans,
    ImmutableArray<TimelineEntry> Timeline,
    ImmutableArray<TenantReport> Tenants,
    ImmutableArray<LockReport> Locks,
    LatencyReport? Latency,
    ImmutableArray<GateReport> Gates,
    ImmutableArray<string> Evidence)
{
    public const int CurrentFormat = 1;
}

/// <param name="StartMs">Since the deployment began.</param>
/// <param name="Result"><c>succeeded</c>, <c>skipped</c>, <c>failed</c> or <c>refused</c>; <c>open</c> while it runs, or when its process died.</param>
public sealed record StepSpan(StepName Step, long StartMs, long DurationMs, string Result, string Summary);

/// <param name="OffsetMs">Since the deployment began.</param>
/// <param name="DurationMs">Of a step that begins here, of a change that ends here, of a wait that begins here; null for what has none, or is not over.</param>
/// <param name="Kind"><c>opened</c>, <c>step</c> (it begins), <c>done</c> (it succeeded or was skipped), <c>change</c>, <c>scope</c> (one schema went back), <c>prepare</c> (a network or front was made or joined), <c>gate</c>, <c>commit</c>, <c>rollback</c>, <c>parked</c>, <c>taken-over</c>, <c>failure</c>, <c>note</c> or <c>end</c>.</param>
/// <param name="Text">A few words.</param>
/// <param name="Detail">What a reader who sees steps, decision and problems beside it knows already; may be empty.</param>
public sealed record TimelineEntry(DateTimeOffset At, long OffsetMs, long? DurationMs, string Kind, StepName? Step, string Text, string Detail)
{
    [JsonIgnore]
    public string Sentence => Detail.Length == 0 ? Text : $"{Text}: {Detail}";
}

/// <param name="State"><c>failed</c>, <c>untouched</c>, <c>forward</c> or <c>back</c>.</param>
/// <param name="Problem">Code and sentence where it failed; else empty.</param>
/// <param name="DurationMs">Of all its moves together.</param>
public sealed record TenantReport(string Schema, string State, string Problem, long DurationMs, int Attempts, ImmutableArray<MoveReport> Moves);

/// <param name="StartMs">Since the deployment began, by the ledger's clock.</param>
public sealed record MoveReport(MigrationVersion Version, Direction Direction, long StartMs, long DurationMs, int Attempts);

/// <param name="Attempts">How many gave up.</param>
/// <param name="WaitedMs">In all of them together.</param>
public sealed record LockReport(string Schema, MigrationVersion Version, string Lock, string HeldBy, long WaitedMs, int Attempts);

/// <param name="BeforeP95Ms">The front before the deployment touched anything; null where it could not be measured.</param>
public sealed record LatencyReport(double? BeforeP95Ms, double? BeforeErrorShare, int BeforeSamples, ImmutableArray<LatencyReading> After);

/// <param name="Subject"><c>previous</c>, <c>new</c> or <c>front</c>.</param>
public sealed record LatencyReading(long OffsetMs, string Gate, string Subject, double P95Ms, double ErrorShare);

/// <param name="Verdict">Of the last reading.</param>
/// <param name="Readings">How many the ledger keeps: the first, each change of the verdict, and the last.</param>
public sealed record GateReport(string Gate, string Subject, string Verdict, string Measured, string Threshold, string Detail, int Readings);

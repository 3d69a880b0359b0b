using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Reporting.Verdict;
using SafeDeploy.Risk.Fleet;

namespace SafeDeploy.Reporting;

/// <summary>The JSON documents of <c>--output json</c>; snake_case, no reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(DeploymentReport))]
[JsonSerializable(typeof(OutcomeDocument))]
[JsonSerializable(typeof(DecisionReport))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(AdoptDocument))]
[JsonSerializable(typeof(DeployPlanDocument))]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(BackupSetsDocument))]
[JsonSerializable(typeof(BackupProofDocument))]
[JsonSerializable(typeof(RollbackChoicesDocument))]
[JsonSerializable(typeof(RestorePlanDocument))]
[JsonSerializable(typeof(RestoreFilesDocument))]
[JsonSerializable(typeof(ProblemInfo))]
[JsonSerializable(typeof(ImmutableArray<ProblemInfo>))]
[JsonSerializable(typeof(ImmutableArray<Annotation>))]
[JsonSerializable(typeof(RulePage))]
public sealed partial class SafeDeployJson : JsonSerializerContext;

/// <summary>What a verb that may be refused before a deployment exists prints.</summary>
/// <param name="Conclusion">Null where there was nothing to do and no deployment is there.</param>
/// <param name="Report">Null when no deployment was opened.</param>
public sealed record OutcomeDocument(string? Conclusion, int ExitCode, string Statement, ImmutableArray<ProblemNote> Problems, RunReport? Report)
{
    /// <summary>What happened when, in order, as <c>report</c> has it; empty when no deployment was opened.</summary>
    public ImmutableArray<TimelineEntry> Timeline { get; init; } = [];
}

public sealed record StatusDocument(
    string Environment, string State, int Epoch, double? HeartbeatAgeSeconds, DateTimeOffset? ParkedUntil, string? LastCommitted, RunReport? Report);

public sealed record HistoryDocument(string Environment, ImmutableArray<DeploymentSummary> Deployments);

/// <summary>The backup sets of an environment, newest first.</summary>
public sealed record BackupSetsDocument(string Environment, ImmutableArray<BackupSetLine> Sets);

/// <param name="VerifiedLevel">Empty: never, or found damaged since.</param>
public sealed record BackupSetLine(
    string Set, string Deployment, string Release, DateTimeOffset TakenAt, string VerifiedLevel, DateTimeOffset? VerifiedAt, long Bytes, int Schemas);

/// <summary>A set that was proved now.</summary>
/// <param name="Sha256">Of its manifest, which has the hash of every part.</param>
public sealed record BackupProofDocument(BackupSetLine Set, string Level, double Seconds, string Sha256);

/// <summary>What a person may choose from: releases to go back to and sets to restore, newest first, at most five of each.</summary>
public sealed record RollbackChoicesDocument(string Environment, ImmutableArray<DeploymentSummary> Releases, ImmutableArray<BackupSetLine> Sets);

/// <summary>What a restore would do and lose.</summary>
/// <param name="Tenants">Each tenant with what it would lose; where everything is restored, every schema.</param>
/// <param name="LeftBehind">Where everything is restored: what no set holds.</param>
public sealed record RestorePlanDocument(
    BackupSetLine Set, ImmutableArray<RestoreLossLine> Tenants, ImmutableArray<string> LeftBehind, ImmutableArray<ProblemNote> Problems);

/// <param name="RowsWrittenSince">At most; null = unknown.</param>
/// <param name="InSet">False: the schema came after the set.</param>
public sealed record RestoreLossLine(string Schema, bool Exists, long? RowsWrittenSince, long RowsInSet, string? Version, string? VersionNow, bool InSet);

/// <summary>What putting the files of a set back would do.</summary>
/// <param name="Newer">Of the changed, those written after the set was taken.</param>
/// <param name="Extra">On the disk and not in the set; they stay.</param>
public sealed record RestoreFilesDocument(
    BackupSetLine Set, int Equal, ImmutableArray<string> Missing, ImmutableArray<string> Changed, ImmutableArray<string> Newer, int Extra, ImmutableArray<ProblemNote> Problems);

/// <param name="Skipped">Schemas that have a history already, or hold nothing.</param>
public sealed record AdoptDocument(ImmutableArray<AdoptedSchema> Adopted, int Skipped);

public sealed record AdoptedSchema(string Schema, int Migrations);

/// <param name="Decision">What rollback would decide if the release failed after its migrations.</param>
public sealed record DeployPlanDocument(
    string Environment,
    string Version,
    string? Digest,
    ImmutableArray<PlannedMigration> Migrations,
    int TenantsTotal,
    int TenantsPending,
    ImmutableArray<string> Waves,
    bool? PreviousImageFits,
    bool HoldsTraffic,
    string Decision,
    ImmutableArray<RiskLine> Findings,
    ImmutableArray<FleetFigure> Fleet,
    ImmutableArray<ProblemNote> Problems);

/// <summary>A finding of the risk analysis with its place.</summary>
public sealed record RiskLine(string File, int Line, string Rule, string Severity, string Message, string Remedy);

/// <param name="Page">Markdown.</param>
public sealed record RulePage(string Rule, string Page);

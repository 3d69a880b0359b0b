using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Fleet;

namespace SafeDeploy.Risk;

/// <summary>What <c>plan --files … --output json</c> prints: one document.</summary>
public sealed record PlanDocument(
    ImmutableArray<PlanStatement> Statements,
    PlanVerdict Verdict,
    ImmutableArray<string> SchemaNotes)
{
    /// <summary>With statistics: what the change costs over all tenants. Left out where no sizes are known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<FleetFigure>? Fleet { get; init; }
}

/// <summary>A statement as it is published; the names are part of the contract.</summary>
public sealed record PlanStatement(
    string File,
    int Line,
    int Column,
    string Sql,
    string? StrongestLock,
    ImmutableSortedDictionary<string, string> Locks,
    ImmutableSortedDictionary<string, string> IndexLocks,
    ImmutableSortedDictionary<string, string> SequenceLocks,
    bool Rewrites,
    ImmutableSortedSet<string> RewrittenTables,
    bool Scans,
    ImmutableSortedSet<string> ScannedTables,
    bool BlocksReads,
    bool BlocksWrites,
    bool DestroysData,
    bool? Reversible,
    bool? RunsInTransaction,
    bool? Fails,
    string FailsBecause,
    Phase Phase,
    bool? CompatibleWithPreviousImage,
    bool Hazard,
    ImmutableArray<PlanFinding> Findings)
{
    /// <summary>With <c>--trace</c>: what the server did; the fields above then say the same. Left out where it was not traced.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TracedStatement? Traced { get; init; }

    /// <summary>With <c>--trace</c>: what the text alone had said.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TracedStatement? Predicted { get; init; }

    public static PlanStatement Of(JudgedStatement judged) => new(
        judged.File,
        judged.Line,
        judged.Column,
        judged.Sql,
        judged.Effect.StrongestLock == LockLevel.None ? null : judged.Effect.StrongestLock.Spelled(),
        Spelled(judged.Effect.Locks),
        Spelled(judged.Effect.IndexLocks),
        Spelled(judged.Effect.SequenceLocks),
        !judged.Effect.Rewrites.IsEmpty,
        judged.Effect.Rewrites,
        !judged.Effect.Scans.IsEmpty,
        judged.Effect.Scans,
        judged.Effect.BlocksReads,
        judged.Effect.BlocksWrites,
        judged.Effect.DestroysData,
        judged.Effect.Reversible,
        judged.Effect.RunsInTransaction,
        judged.Effect.Fails,
        judged.Effect.FailsBecause,
        judged.Effect.Phase,
        judged.Effect.Compatible,
        judged.Effect.Hazard,
        [.. judged.Findings.Select(f => new PlanFinding(f.Rule, f.Severity, f.Message, f.Remedy, f.SuppressedBecause))])
    {
        Traced = judged.Traced is null ? null : TracedStatement.Of(judged.Effect, judged.Traced.Error),
        Predicted = judged.Predicted is null ? null : TracedStatement.Of(judged.Predicted, null),
    };

    internal static ImmutableSortedDictionary<string, string> Spelled(RelationLocks locks) =>
        locks.ToImmutableSortedDictionary(l => l.Key, l => l.Value.Spelled(), StringComparer.Ordinal);
}

/// <summary>The part of a statement's effect that a server can show.</summary>
/// <param name="Error">Why the server refused the statement; null when it ran, and for a prediction.</param>
public sealed record TracedStatement(
    string? StrongestLock,
    ImmutableSortedDictionary<string, string> Locks,
    ImmutableSortedDictionary<string, string> IndexLocks,
    ImmutableSortedDictionary<string, string> SequenceLocks,
    bool Rewrites,
    bool Scans,
    bool BlocksReads,
    bool BlocksWrites,
    bool Hazard,
    string? Error)
{
    public static TracedStatement Of(StatementEffect effect, string? error) => new(
        effect.StrongestLock == LockLevel.None ? null : effect.StrongestLock.Spelled(),
        PlanStatement.Spelled(effect.Locks), PlanStatement.Spelled(effect.IndexLocks), PlanStatement.Spelled(effect.SequenceLocks),
        !effect.Rewrites.IsEmpty, !effect.Scans.IsEmpty, effect.BlocksReads, effect.BlocksWrites, effect.Hazard, error);
}

/// <param name="SuppressedBecause">Null when the finding counts.</param>
public sealed record PlanFinding(string Rule, Severity Severity, string Message, string Remedy, string? SuppressedBecause);

/// <param name="Conclusion"><c>pass</c> or <c>refuse</c>.</param>
/// <param name="Summary">One line for people.</param>
public sealed record PlanVerdict(
    string Conclusion,
    Severity? Worst,
    string Summary,
    int Statements,
    int Hazards,
    int DataLosses,
    Phase Phase,
    bool? CompatibleWithPreviousImage,
    ImmutableSortedDictionary<string, int> FindingsBySeverity);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = false)]
[JsonSerializable(typeof(PlanDocument))]
public sealed partial class PlanJson : JsonSerializerContext;

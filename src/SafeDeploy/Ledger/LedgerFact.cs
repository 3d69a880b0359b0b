using System.Collections.Immutable;
using System.Text.Json.Serialization;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>One thing that became true in a deployment. Facts are only ever appended.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "fact")]
[JsonDerivedType(typeof(Opened), "opened")]
[JsonDerivedType(typeof(Planned), "planned")]
[JsonDerivedType(typeof(StepStarted), "step-started")]
[JsonDerivedType(typeof(StepFinished), "step-finished")]
[JsonDerivedType(typeof(SnapshotTaken), "snapshot-taken")]
[JsonDerivedType(typeof(Intended), "intended")]
[JsonDerivedType(typeof(Applied), "applied")]
[JsonDerivedType(typeof(ChangeFailed), "change-failed")]
[JsonDerivedType(typeof(ScopeMigrated), "scope-migrated")]
[JsonDerivedType(typeof(ScopeFailed), "scope-failed")]
[JsonDerivedType(typeof(LockWaited), "lock-waited")]
[JsonDerivedType(typeof(GateRead), "gate-read")]
[JsonDerivedType(typeof(CompatibilityProved), "compatibility-proved")]
[JsonDerivedType(typeof(Committed), "committed")]
[JsonDerivedType(typeof(RollbackClaimed), "rollback-claimed")]
[JsonDerivedType(typeof(RollbackDecided), "rollback-decided")]
[JsonDerivedType(typeof(Parked), "parked")]
[JsonDerivedType(typeof(TakenOver), "taken-over")]
[JsonDerivedType(typeof(Noted), "noted")]
[JsonDerivedType(typeof(Concluded), "concluded")]
public abstract record LedgerFact
{
    private LedgerFact() { }

    /// <param name="From">The last committed release of the environment, or null before the first.</param>
    /// <param name="Attempt">1 for the first deployment of this identity, then 2, …</param>
    public sealed record Opened(string Project, string Environment, Release? From, Release To, RunIdentity Run, int Attempt) : LedgerFact;

    /// <param name="Public">Versions pending on the shared schema, in order.</param>
    /// <param name="Tenants">Versions pending per tenant; a tenant that is up to date is absent.</param>
    /// <param name="Migrations">What the effect model says of each pending migration; the files may be gone when it is asked.</param>
    /// <param name="HoldsTraffic">The release is incompatible and traffic is held while it is brought in.</param>
    public sealed record Planned(
        ImmutableArray<MigrationVersion> Public,
        ImmutableSortedDictionary<string, ImmutableArray<MigrationVersion>> Tenants,
        ImmutableArray<PlannedMigration> Migrations,
        bool HoldsTraffic,
        ImmutableArray<StepName> Steps) : LedgerFact;

    public sealed record StepStarted(StepName Step) : LedgerFact;

    /// <param name="Result"><c>succeeded</c>, <c>skipped</c>, <c>failed</c> or <c>refused</c>.</param>
    public sealed record StepFinished(StepName Step, string Result, string Summary, ImmutableArray<ProblemNote> Problems, long DurationMs) : LedgerFact;

    /// <summary>The world before anything was touched; rollback proves itself against it.</summary>
    public sealed record SnapshotTaken(WorldSnapshot World) : LedgerFact;

    /// <param name="Id">Unique in the deployment; stable across a resume, so that a repeated change is recognised.</param>
    public sealed record Intended(string Id, Change Change, Undo Undo) : LedgerFact;

    public sealed record Applied(string Id, string Detail, long DurationMs) : LedgerFact;

    public sealed record ChangeFailed(string Id, ProblemNote Problem) : LedgerFact;

    /// <summary>Committed in the same transaction as the change of the scope itself.</summary>
    /// <param name="Change">Id of the wave's or scope's <see cref="Intended"/>.</param>
    public sealed record ScopeMigrated(Scope Scope, MigrationVersion Version, Direction Direction, string Change, int Attempts, long DurationMs) : LedgerFact;

    /// <summary>A scope stayed where it was, or as far as it came; the wave's failure tells of all of them together.</summary>
    public sealed record ScopeFailed(Scope Scope, string Code, string What, int Attempts) : LedgerFact;

    /// <summary>An attempt gave up waiting for a lock; a later one may have got it.</summary>
    /// <param name="Lock">Mode and relation; empty when it was not seen.</param>
    /// <param name="HeldBy">The session in whose way it stood; empty when nobody was seen.</param>
    public sealed record LockWaited(Scope Scope, MigrationVersion Version, string Lock, string HeldBy, long WaitedMs, int Attempt) : LedgerFact;

    /// <param name="Subject">What was asked: <c>previous</c>, <c>new</c>, or <c>front</c>.</param>
    /// <param name="Verdict"><c>pass</c>, <c>fail</c> or <c>inconclusive</c>.</param>
    /// <param name="P95Ms">Where requests were timed: 95th percentile in milliseconds.</param>
    /// <param name="ErrorShare">Where requests were counted: 0 to 1.</param>
    public sealed record GateRead(string Gate, string Subject, string Verdict, string Measured, string Threshold, string Detail, double? P95Ms = null, double? ErrorShare = null) : LedgerFact;

    /// <summary>The gates passed against the previous image on the schema as it was at this moment.</summary>
    /// <param name="After"><c>public</c>, <c>canaries</c> or <c>tenants</c>.</param>
    public sealed record CompatibilityProved(string After) : LedgerFact;

    /// <summary>The commit point; nothing is rolled back automatically after it.</summary>
    public sealed record Committed(string By) : LedgerFact;

    /// <summary>At most one automatic rollback a deployment: the store refuses a second claim that is not manual.</summary>
    /// <param name="To">Id of the deployment whose release a person named; null = the one before this deployment.</param>
    public sealed record RollbackClaimed(string By, bool Manual, string Reason, string? To = null) : LedgerFact;

    /// <param name="Row">The letter of the decision table, <c>a</c> to <c>f</c>.</param>
    /// <param name="Actions">In order; a process that resumes goes on with the first that is not applied.</param>
    public sealed record RollbackDecided(string Row, string Decision, string Reason, ImmutableArray<Change> Actions) : LedgerFact;

    public sealed record Parked(DateTimeOffset Until, string After) : LedgerFact;

    public sealed record TakenOver(int FromEpoch, RunIdentity By, int SessionsEnded) : LedgerFact;

    /// <summary>A warning worth keeping: a server's WARNING, a retried attempt, an override with its reason.</summary>
    public sealed record Noted(string Kind, string Text) : LedgerFact;

    /// <param name="Statement">The end state in one sentence, for people.</param>
    /// <param name="RolledBackTo">Id of the deployment whose release serves again when a person named it: every commit after its own is rolled back with this one.</param>
    public sealed record Concluded(
        Conclusion Conclusion, int ExitCode, string Statement, ImmutableArray<ProblemNote> Problems, string? RolledBackTo = null) : LedgerFact;
}

/// <param name="FitsPreviousImage">True only if every statement is an expand; null = unknown.</param>
/// <param name="DestroysData">Its rollback could not bring back what it removes or overwrites.</param>
/// <param name="Because">The statement that decided, in a few words; may be empty.</param>
public sealed record PlannedMigration(
    ScopeKind Kind, MigrationVersion Version, string Name, Phase Phase, bool? FitsPreviousImage, bool DestroysData, string Because);

/// <summary>A <see cref="Problem"/> as the ledger keeps it.</summary>
public sealed record ProblemNote(string Code, string What, string Where, string Untouched, string Now, string Next, string Evidence)
{
    public static ProblemNote Of(Problem problem) =>
        new(problem.Code, problem.What, problem.Where, problem.Untouched, problem.Now, problem.Next, problem.Evidence);
}

/// <summary>What the environment looked like before the deployment touched it.</summary>
/// <param name="Serving">What served, or null before the first release or without a deploy target.</param>
/// <param name="Fingerprints">Structure fingerprint per scope (schema name → hash); empty when not taken.</param>
/// <param name="Baseline">Latency and errors of the front before the deploy, or null when not measured.</param>
/// <param name="RowSecurity">Row level security of the tables that the rls gates watch, equal states together; null when not taken.</param>
public sealed record WorldSnapshot(
    ServingRelease? Serving,
    ImmutableSortedDictionary<string, string> Fingerprints,
    HealthBaseline? Baseline,
    ImmutableArray<RowSecurityNote>? RowSecurity = null);

/// <summary>One state of a table's row level security and the schemas that share it.</summary>
/// <param name="State">Canonical lines: flags first, then each policy; empty when the table does not exist.</param>
/// <param name="Schemas">Ordered; never empty.</param>
public sealed record RowSecurityNote(string Table, string State, ImmutableArray<string> Schemas);

/// <param name="Slot"><c>blue</c> or <c>green</c>; targets without slots say <c>only</c>.</param>
/// <param name="Digest">Of the image that runs, or null where the target has none.</param>
/// <param name="Spec">All that is needed to make the same instances again (target-specific JSON); empty when the target needs none.</param>
public sealed record ServingRelease(string Slot, string Version, string? Image, string? Digest, int Replicas, string Spec);

/// <param name="P95Ms">95th percentile of the response time, milliseconds.</param>
/// <param name="ErrorShare">0 to 1.</param>
public sealed record HealthBaseline(double P95Ms, double ErrorShare, int Samples);

/// <summary>A fact with its place in the ledger.</summary>
/// <param name="Sequence">Rises within a deployment; gaps are allowed.</param>
public sealed record LedgerEntry(long Sequence, DeploymentId Deployment, int Epoch, DateTimeOffset At, StepName? Step, LedgerFact Fact);

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.Rollback;

/// <summary>What is read live when the way back is decided; with the ledger's history it decides alone.</summary>
/// <param name="Target">Null when the configuration deploys no image.</param>
/// <param name="PreviousCanStart">The previous release runs still, or its image is there to start it again.</param>
/// <param name="PreviousPassesNow">The gates, asked of the previous release's instances on the schema as it is now; null = could not be asked.</param>
/// <param name="StillPending">Scopes that the plan names and that are not at their new version.</param>
/// <param name="Reversals">One for each scope that this deployment moved.</param>
/// <param name="Forbidden">Rules of <c>rollback.forbid_when</c> that are true now. May be empty.</param>
/// <param name="PreviousFitsByEffect">The effect model over what was applied: true only if every change is an expand; null = unknown.</param>
public sealed record RollbackFacts(
    TargetState? Target,
    bool PreviousCanStart,
    bool? PreviousPassesNow,
    ImmutableArray<Scope> StillPending,
    ImmutableArray<ScopeReversal> Reversals,
    ImmutableArray<ForbidHit> Forbidden,
    bool? PreviousFitsByEffect);

/// <param name="Versions">Moved by this deployment, oldest first.</param>
/// <param name="Blockers">Why this scope cannot go back without loss, each one sentence; empty = it can.</param>
public sealed record ScopeReversal(Scope Scope, ImmutableArray<MigrationVersion> Versions, ImmutableArray<string> Blockers);

/// <param name="Where">The first scope in which the rule is true.</param>
public sealed record ForbidHit(ForbidRule Rule, string Where, int Scopes);

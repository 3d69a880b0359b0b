using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Tests.Rollback;

/// <summary>Builds the ledger of a deployment v1 → v2 over public and tenants t01, t02, … as a run would have written it.</summary>
internal sealed class Histories
{
    public static readonly Release V1 = new("v1", "backend@sha256:1111", "sha256:1111", "m1", null);
    public static readonly Release V2 = new("v2", "backend@sha256:2222", "sha256:2222", "m2", null);
    public static readonly ServingRelease ServingV1 = new("blue", "v1", V1.Image, V1.Digest, 2, "{}");
    public static readonly MigrationVersion Version = new("0042");

    private readonly List<LedgerEntry> _entries = [];

    /// <summary>Killed before it had looked at the world.</summary>
    public static Histories OpenedBlind()
    {
        var history = new Histories();
        return history.Add(new LedgerFact.Opened("pos", "prod", V1, V2, new RunIdentity("7", null, "ana", "host", 1), 1));
    }

    public static Histories Opened(bool first = false)
    {
        var history = new Histories();
        history.Add(new LedgerFact.Opened("pos", "prod", first ? null : V1, V2, new RunIdentity("7", null, "ana", "host", 1), 1));
        history.Add(new LedgerFact.SnapshotTaken(new WorldSnapshot(first ? null : ServingV1, ImmutableSortedDictionary<string, string>.Empty, null)));
        return history;
    }

    public Histories Planned(bool? fits, int tenants = 3, bool holds = false, bool withPublic = true) => Add(new LedgerFact.Planned(
        withPublic ? [Version] : [],
        Enumerable.Range(1, tenants).ToImmutableSortedDictionary(Name, _ => ImmutableArray.Create(Version)),
        [
            new PlannedMigration(ScopeKind.Public, Version, "plans", Phase.Expand, fits, false, ""),
            new PlannedMigration(ScopeKind.Tenants, Version, "price", Phase.Expand, fits, false, ""),
        ],
        holds,
        [StepName.Preflight]));

    public Histories Forward(params string[] scopes) => scopes.Aggregate(this, (history, scope) => history.Add(
        new LedgerFact.ScopeMigrated(Scope.Parse(scope), Version, Direction.Forward, "wave", 1, 5)));

    public Histories AllForward(int tenants = 3) => Forward(["public", .. Enumerable.Range(1, tenants).Select(Name)]);

    public Histories Proved() => Add(new LedgerFact.CompatibilityProved("tenants"));

    public Histories Started() => Intend("start:green", new Change.StartRelease(V2, "green", "{}"));

    public Histories Switched() => Intend("switch:green", new Change.SwitchTraffic("blue", "green"));

    public Histories Intend(string id, Change change) => Add(new LedgerFact.Intended(id, change, new Undo.Nothing())).Add(new LedgerFact.Applied(id, "", 1));

    public Histories Add(LedgerFact fact)
    {
        _entries.Add(new LedgerEntry(_entries.Count + 1, new DeploymentId("d1"), 1, DateTimeOffset.UnixEpoch, null, fact));
        return this;
    }

    public LedgerHistory History => new([.. _entries]);

    public static string Name(int tenant) => $"t{tenant:00}";

    /// <summary>What is live: both slots stand, the named one serves.</summary>
    public static TargetState Target(string? serving, bool held = false) => new(serving, held,
    [
        new SlotState("blue", "v1", V1.Image, V1.Digest, "d0", 2, 0, "{}"),
        new SlotState("green", "v2", V2.Image, V2.Digest, "d1", 2, 0, "{}"),
    ]);

    /// <summary>Live facts as the reader would find them, everything harmless unless said otherwise.</summary>
    public RollbackFacts Facts(TargetState? target, bool? fits = null, bool? passes = null, string? blocker = null, Forbids? forbids = null, bool canStart = true)
    {
        var moved = History.MovedScopes();
        var pending = History.Plan is not { } plan ? [] : plan.Tenants.Keys.Select(Scope.Parse)
            .Concat(plan.Public.IsEmpty ? [] : [new Scope.Public()]).Where(s => !moved.ContainsKey(s)).Order().ToImmutableArray();
        return new RollbackFacts(
            target, canStart, passes, pending,
            [.. moved.Select(m => new ScopeReversal(m.Key, m.Value, blocker is null ? [] : [blocker]))],
            forbids is { } what ? [new ForbidHit(new ForbidRule("select true", ScopeKind.Tenants, what, "fiscal documents were issued"), "t02", 1)] : [],
            fits);
    }
}

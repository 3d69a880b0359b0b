using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Tests.Rollback;

/// <summary>Ledgers of v1 → v2 → v3 → … over tenants t01 and t02; odd releases ran in blue, even ones in green.</summary>
internal static class Releases
{
    private static readonly string[] Tenants = ["t01", "t02"];

    public static Release Of(int n) => new($"v{n}", $"backend@sha256:{n}{n}", $"sha256:{n}{n}", $"m{n}", null);

    public static string Slot(int n) => n % 2 == 1 ? "blue" : "green";

    public static ServingRelease Serving(int n) => new(Slot(n), $"v{n}", Of(n).Image, Of(n).Digest, 2, $"{{\"release\":{n}}}");

    public static MigrationVersion Migration(int n) => new(n.ToString("0000", CultureInfo.InvariantCulture));

    /// <param name="tells">Facts between the migrations and the switch.</param>
    public static LedgerHistory Deployed(int from, int to, bool? fits = true, Conclusion? end = Conclusion.Deployed, params LedgerFact[] tells)
    {
        IEnumerable<LedgerFact> facts =
        [
            .. Begun(from, to, fits),
            .. Moved(to, Direction.Forward),
            .. tells,
            Intended(new Change.StartRelease(Of(to), Slot(to), $"{{\"release\":{to}}}")),
            Intended(new Change.SwitchTraffic(Slot(from), Slot(to))),
            .. end == Conclusion.Deployed ? [new LedgerFact.Committed("ana")] : Array.Empty<LedgerFact>(),
            .. end is { } conclusion ? [new LedgerFact.Concluded(conclusion, 0, "", [])] : Array.Empty<LedgerFact>(),
        ];
        return History(to, facts);
    }

    public static IEnumerable<LedgerFact> Begun(int from, int to, bool? fits) =>
    [
        new LedgerFact.Opened("pos", "prod", Of(from), Of(to), new RunIdentity($"{to}", null, "ana", "host", 1), 1),
        new LedgerFact.SnapshotTaken(new WorldSnapshot(Serving(from), Tenants.ToImmutableSortedDictionary(t => t, t => $"{t} before v{to}"), null)),
        new LedgerFact.Planned(
            [], Tenants.ToImmutableSortedDictionary(t => t, _ => ImmutableArray.Create(Migration(to))),
            [new PlannedMigration(ScopeKind.Tenants, Migration(to), $"of v{to}", Phase.Unknown, fits, false, "")], false, []),
    ];

    public static IEnumerable<LedgerFact> Moved(int migration, Direction direction, int tenants = 2) =>
        Tenants.Take(tenants).Select(t => new LedgerFact.ScopeMigrated(Scope.Parse(t), Migration(migration), direction, "wave", 1, 5));

    public static LedgerHistory History(int n, IEnumerable<LedgerFact> facts) =>
        new([.. facts.Select((f, i) => new LedgerEntry((n * 100) + i, new DeploymentId($"d{n}"), n, DateTimeOffset.UnixEpoch.AddDays(n), null, f))]);

    public static LedgerFact.Intended Intended(Change change) => new(change.GetType().Name, change, new Undo.Nothing());

    /// <summary>The release serves in its slot, the one before it stands stopped in the other.</summary>
    public static TargetState Live(int serving, int workers = 0) => new(Slot(serving), false,
    [
        new SlotState(Slot(serving), $"v{serving}", Of(serving).Image, Of(serving).Digest, $"d{serving}", 2, workers, ""),
        new SlotState(Slot(serving - 1), $"v{serving - 1}", Of(serving - 1).Image, Of(serving - 1).Digest, $"d{serving - 1}", 0, 0, ""),
    ]);

    public static RollbackFacts Facts(LedgerHistory past, TargetState? live, bool? fits, string? blocker = null)
    {
        var moved = past.MovedScopes();
        var pending = past.Plan!.Tenants.Where(t => t.Value.Except(moved.GetValueOrDefault(Scope.Parse(t.Key), [])).Any()).Select(t => Scope.Parse(t.Key));
        return new RollbackFacts(
            live, true, null, [.. pending], [.. moved.Select(m => new ScopeReversal(m.Key, m.Value, blocker is null ? [] : [blocker]))], [], fits);
    }
}

using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Steps.Rollback;

/// <summary>The ordered actions of each row. Traffic moves first wherever the image may go back.</summary>
internal static class RollbackActions
{
    /// <summary>Rows a and b: the previous release serves again, then the new one goes.</summary>
    public static ImmutableArray<Change> ImageBack(LedgerHistory history, RollbackFacts facts) =>
        [.. StartPrevious(history, facts), .. TrafficBack(history, facts), .. WorkersBack(history), .. RemoveNew(history)];

    /// <summary>Row c: tenants, then public; the old image stays; held traffic and workers return last.</summary>
    /// <remarks>Where another release serves (a person named an older one), nobody writes while the schema goes back under it.</remarks>
    public static ImmutableArray<Change> SchemasBack(LedgerHistory history, RollbackFacts facts) =>
        [.. HoldUnderAnother(history, facts), .. ScopesBack(facts), .. StartPrevious(history, facts), .. TrafficBack(history, facts), .. WorkersBack(history), .. RemoveNew(history)];

    private static ImmutableArray<Change> HoldUnderAnother(LedgerHistory history, RollbackFacts facts) =>
        facts.Target is { Held: false, Serving: { } serving } && history.Snapshot?.Serving is { } previous && serving != previous.Slot
            ? [new Change.HoldTraffic("the schema goes back")]
            : [];

    /// <summary>Row e: nobody writes while the schema goes back under both images.</summary>
    public static ImmutableArray<Change> EverythingBack(LedgerHistory history, RollbackFacts facts)
    {
        var hold = facts.Target is { Held: false, Serving: not null }
            ? ImmutableArray.Create<Change>(new Change.HoldTraffic("the schema goes back"))
            : [];
        var stop = history.NewSlot() is { } slot && facts.Target is not null
            ? ImmutableArray.Create<Change>(new Change.StopWorkers(slot))
            : [];
        return [.. hold, .. stop, .. ScopesBack(facts), .. StartPrevious(history, facts), .. TrafficBack(history, facts), .. WorkersBack(history).Except(stop), .. RemoveNew(history)];
    }

    /// <summary>Tenants in name order, public last: what tenants refer to goes after them.</summary>
    private static IEnumerable<Change> ScopesBack(RollbackFacts facts) => facts.Reversals
        .OrderBy(r => r.Scope is Scope.Public)
        .ThenBy(r => r.Scope)
        .Select(r => new Change.MigrateScopeBack(r.Scope, [.. r.Versions.Reverse()]));

    private static IEnumerable<Change> StartPrevious(LedgerHistory history, RollbackFacts facts)
    {
        if (facts.Target is null || history.Snapshot?.Serving is not { } previous)
            yield break;
        var slot = facts.Target.Slot(previous.Slot);
        if (slot is null || slot.Running < previous.Replicas || !slot.Is(previous))
            yield return new Change.StartRelease(new Release(previous.Version, previous.Image, previous.Digest, history.Opened?.From?.Migrations ?? "", null), previous.Slot, previous.Spec);
    }

    private static IEnumerable<Change> TrafficBack(LedgerHistory history, RollbackFacts facts)
    {
        if (facts.Target is null)
            yield break;
        var to = history.Snapshot?.Serving?.Slot;
        var holdIsPlanned = facts.Target.Held || history.Plan is { HoldsTraffic: true };
        if (facts.Target.Serving != to || holdIsPlanned)
            yield return to is not null && facts.Target.Serving == to
                ? new Change.ReleaseTraffic(to)
                : new Change.SwitchTraffic(facts.Target.Serving, to);
    }

    private static IEnumerable<Change> WorkersBack(LedgerHistory history)
    {
        var changes = history.Changes().Select(c => c.Intended.Change).ToArray();
        if (history.NewSlot() is { } slot && changes.OfType<Change.StartWorkers>().Any(s => s.Slot == slot))
            yield return new Change.StopWorkers(slot);
        if (history.Snapshot?.Serving is { } previous && changes.OfType<Change.StopWorkers>().Any(s => s.Slot == previous.Slot))
            yield return new Change.StartWorkers(previous.Slot);
    }

    private static IEnumerable<Change> RemoveNew(LedgerHistory history)
    {
        if (history.NewSlot() is { } slot && slot != history.Snapshot?.Serving?.Slot)
            yield return new Change.RemoveRelease(slot);
    }
}

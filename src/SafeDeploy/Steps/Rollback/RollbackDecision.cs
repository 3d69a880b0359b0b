using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Steps.Rollback;

/// <summary>Decides the way back from the ledger and live facts; first row of the table that matches wins. Pure.</summary>
public static class RollbackDecision
{
    public static RollbackPlan Decide(LedgerHistory history, RollbackFacts facts, RollbackDatabase policy)
    {
        var case_ = new Case(history, facts, policy);
        return RowA(case_) ?? Forbidden(case_) ?? RowB(case_) ?? RowC(case_) ?? RowD(case_) ?? RowE(case_) ?? RowF(case_, case_.WhyNotBack());
    }

    /// <summary>Nothing applied to any schema: only the image has to go back.</summary>
    private static RollbackPlan? RowA(Case c)
    {
        if (c.Moved.Count > 0)
            return null;
        // It ended before it had looked at the world: what serves is not its doing, and what served before is not known.
        if (c.History.Snapshot is null && c.History.NewSlot() is null)
            return new RollbackPlan("a", "nothing to do", "this deployment changed neither schema nor image", []);
        if (c.Everything is { } hit && c.ImageMoved)
            return RowF(c, $"{hit} forbids moving anything back");
        if (c.ImageCannotGoBack)
            return RowF(c, c.PreviousGone);
        return c.ImageMoved || c.Held
            ? new RollbackPlan("a", c.ImageBackWords, "nothing was applied to any schema", RollbackActions.ImageBack(c.History, c.Facts))
            : new RollbackPlan("a", "nothing to do", "neither schema nor image was changed", []);
    }

    private static RollbackPlan? Forbidden(Case c) =>
        c.Everything is { } hit ? RowF(c, $"{hit} forbids moving anything back") : null;

    /// <summary>All scopes forward and the previous image proved compatible: the schema stays.</summary>
    private static RollbackPlan? RowB(Case c)
    {
        if (!c.AllForward || !c.IsCompatible || (c.Policy == RollbackDatabase.Reverse && c.ReversingIsAllowed && c.ReversingIsSafe))
            return null;
        return c.ImageCannotGoBack
            ? RowF(c, c.PreviousGone)
            : new RollbackPlan("b", $"{c.ImageBackWords}; the schema stays forward", $"{c.MovedWords} moved forward, and {c.CompatibleBecause}", RollbackActions.ImageBack(c.History, c.Facts));
    }

    /// <summary>Some scopes forward, all of them can go back: back to one version.</summary>
    private static RollbackPlan? RowC(Case c) => !c.AllForward && c.ReversingIsAllowed && c.ReversingIsSafe && !c.ImageCannotGoBack
        ? new RollbackPlan("c", $"{c.MovedWords} {c.Go} back; {c.OldStayedWords}", $"{c.MovedWords} moved forward, {c.NotForwardWords}, and {c.SafeBecause}", RollbackActions.SchemasBack(c.History, c.Facts))
        : null;

    /// <summary>Some scopes forward and no safe way back: stop, a person finishes forward.</summary>
    private static RollbackPlan? RowD(Case c) => c.AllForward
        ? null
        : new RollbackPlan(
            "d",
            $"stop; {c.WhereScopesStay}",
            $"{c.WhyNotReversed}; {(c.IsCompatible ? "the previous image serves: " + c.CompatibleBecause : "the previous image is not proved compatible with the scopes that moved")}",
            c.IsCompatible && !c.ImageCannotGoBack ? RollbackActions.ImageBack(c.History, c.Facts) : []);

    /// <summary>All forward, not compatible, reversible: traffic held, everything back.</summary>
    private static RollbackPlan? RowE(Case c) => c.ReversingIsAllowed && c.ReversingIsSafe && !c.ImageCannotGoBack
        ? new RollbackPlan("e", $"{c.HoldWords}{c.MovedWords} {c.Go} back, {c.ImageBackWords}", $"{c.MovedWords} moved forward, {c.NotCompatibleBecause}, and {c.SafeBecause}", RollbackActions.EverythingBack(c.History, c.Facts))
        : null;

    /// <summary>Anything else: keep serving in the safest way; a person decides.</summary>
    private static RollbackPlan RowF(Case c, string why) =>
        new("f", c.ServingWords, why, []);

    /// <summary>The table's inputs under the names its rows use.</summary>
    private sealed class Case(LedgerHistory history, RollbackFacts facts, RollbackDatabase policy)
    {
        public LedgerHistory History => history;

        public RollbackFacts Facts => facts;

        public RollbackDatabase Policy => policy;

        public ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> Moved { get; } = history.MovedScopes();

        private ServingRelease? Previous => history.Snapshot?.Serving;

        private bool HasTarget => facts.Target is not null;

        public bool AllForward => facts.StillPending.IsEmpty;

        public bool Held => facts.Target?.Held ?? false;

        /// <summary>The new release was started, or traffic moved: something of the image has to be undone.</summary>
        public bool ImageMoved => HasTarget && (history.NewSlot() is not null || facts.Target!.Serving != Previous?.Slot);

        private bool TrafficIsElsewhere => HasTarget && Previous is not null && (facts.Target!.Serving != Previous.Slot);

        public bool ImageCannotGoBack => HasTarget && Previous is not null && TrafficIsElsewhere && !facts.PreviousCanStart;

        public string PreviousGone => $"the previous release {Previous?.Version} neither runs nor can be started again: its image is gone";

        public bool IsCompatible => CompatibleBecauseOrNull is not null;

        public string CompatibleBecause => CompatibleBecauseOrNull ?? "";

        // A change known to break the previous image is not argued away by gates: they read, the image also writes.
        private string? CompatibleBecauseOrNull => facts.PreviousFitsByEffect switch
        {
            true => "every applied change is an expand: the previous image does not notice it",
            false => null,
            null when Previous is null && HasTarget => "there is no previous image that could notice",
            null when history.LivingProof() is { } proof => $"the gates passed against the previous image after {proof.After} moved",
            null when facts.PreviousPassesNow == true => "the gates pass against the previous image on this schema now",
            null => null,
        };

        public string NotCompatibleBecause => facts switch
        {
            { PreviousFitsByEffect: false } => "the previous image does not work on the new schema",
            { PreviousPassesNow: false } => "the previous image fails its gates on the new schema",
            _ => "the previous image is not proved to work on the new schema",
        };

        private ForbidHit? DatabaseHit => facts.Forbidden.FirstOrDefault();

        public string? Everything => facts.Forbidden.FirstOrDefault(h => h.Rule.Forbids == Forbids.Everything) is { } hit ? Words(hit) : null;

        public bool ReversingIsAllowed => policy is RollbackDatabase.Auto or RollbackDatabase.Reverse && DatabaseHit is null;

        public bool ReversingIsSafe => facts.Reversals.All(r => r.Blockers.IsEmpty) && facts.Reversals.Length == Moved.Count;

        public string SafeBecause => history.TrafficMayHaveReachedNew()
            ? "every change has a way back that loses nothing written since"
            : "every change has a way back and no request reached the new release";

        public string WhyNotReversed => DatabaseHit is { } hit ? $"{Words(hit)} forbids moving the database back"
            : !ReversingIsAllowed ? $"rollback.database is {PolicyWord}"
            : FirstBlocker;

        private string PolicyWord => policy == RollbackDatabase.Keep ? "keep" : "never";

        private string FirstBlocker
        {
            get
            {
                var blocked = facts.Reversals.Where(r => !r.Blockers.IsEmpty).ToArray();
                return blocked.Length == 0
                    ? "the way back is not known for every scope"
                    : $"{blocked[0].Scope}: {blocked[0].Blockers[0]}{(blocked.Length > 1 ? $" (and {Wording.Count(blocked.Length - 1, "more scope")})" : "")}";
            }
        }

        public string WhyNotBack() => ImageCannotGoBack ? PreviousGone : $"{NotCompatibleBecause}, and {WhyNotReversed}";

        public string Go => Moved.Count == 1 ? "goes" : "go";

        public string MovedWords => ScopeWords.Count(Moved.Keys);

        // A scope with two migrations may have had one: it has moved and is not forward.
        private Scope[] Between => [.. facts.StillPending.Where(Moved.ContainsKey)];

        private Scope[] Behind => [.. facts.StillPending.Where(s => !Moved.ContainsKey(s))];

        public string NotForwardWords => Behind is { Length: > 0 } behind ? $"{ScopeWords.Count(behind)} did not" : $"{ScopeWords.Count(Between)} not the whole way";

        public string WhereScopesStay => string.Join(", ", new[]
        {
            Staying([.. Moved.Keys.Except(facts.StillPending)], "forward"), Staying(Between, "half-way"), Staying(Behind, "back"),
        }.OfType<string>());

        private static string? Staying(Scope[] scopes, string where) =>
            scopes.Length == 0 ? null : $"{ScopeWords.Count(scopes)} {(scopes.Length == 1 ? "stays" : "stay")} {where}";

        public string ImageBackWords => !HasTarget ? "no image was deployed"
            : Previous is null ? "the new release is removed, nothing served before it"
            : TrafficIsElsewhere || Held ? $"{Previous.Version} serves again"
            : $"{Previous.Version} keeps serving";

        public string HoldWords => HasTarget && Previous is not null ? "traffic is held, " : "";

        public string OldStayedWords => !HasTarget || Previous is null ? "no image was switched"
            : TrafficIsElsewhere ? $"{Previous.Version} serves again"
            : Held ? $"{Previous.Version} gets its held traffic back" : $"{Previous.Version} never left";

        public string ServingWords => facts.Target switch
        {
            null => "rollback is forbidden; the schema stays as it is",
            { Held: true } => "rollback is forbidden; traffic stays held (503) until a person decides",
            { Serving: null } => "rollback is forbidden; nothing serves until a person decides",
            { Serving: var slot } when slot == history.NewSlot() => $"rollback is forbidden; {history.Opened?.To.Version} keeps serving, the only release that fits the schema",
            _ => $"rollback is forbidden; {Previous?.Version} keeps serving",
        };

        private static string Words(ForbidHit hit) => hit.Scopes > 1
            ? string.Create(CultureInfo.InvariantCulture, $"\"{hit.Rule.Because}\" (in {hit.Where} and {hit.Scopes - 1} more)")
            : $"\"{hit.Rule.Because}\" (in {hit.Where})";
    }
}

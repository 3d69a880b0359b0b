using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Pipeline;

/// <summary>Reads what the rollback decision needs to know of the world as it is now. Changes nothing.</summary>
/// <param name="proves">The gates, asked of a slot's instances as a version; null = they pass.</param>
public sealed class RollbackFactsReader(World world, Func<string, string, CancellationToken, Task<Problem?>> proves)
{
    public async Task<RollbackFacts> ReadAsync(LedgerHistory history, CancellationToken cancellation)
    {
        var target = world.Target is null ? null : await world.Target.StateAsync(cancellation);
        var moved = history.MovedScopes();
        var fits = Fits(history, moved);
        // Asking waits for readiness, up to health.within, while users meet the failing release: only where the answer decides.
        var mustAsk = !moved.IsEmpty && fits is null && history.LivingProof() is null;
        return new RollbackFacts(
            target,
            await PreviousCanStartAsync(history, target, cancellation),
            mustAsk ? await PreviousPassesAsync(history, target, cancellation) : null,
            Pending(history, moved),
            await ReversalsAsync(history, moved, cancellation),
            moved.IsEmpty && history.NewSlot() is null ? [] : await ForbiddenAsync(history, cancellation),
            fits);
    }

    private async Task<bool> PreviousCanStartAsync(LedgerHistory history, TargetState? target, CancellationToken cancellation)
    {
        if (history.Snapshot?.Serving is not { } previous || target is null)
            return false;
        if (target.Slot(previous.Slot) is { Running: > 0 } slot && slot.Is(previous))
            return true;
        try
        {
            return previous.Image is not null && (await world.Target!.ResolveAsync(previous.Image, cancellation)).Digest == previous.Digest;
        }
        catch (ProblemException gone)
        {
            world.Story.Detail($"the previous image cannot be started again: {gone.Problem.What}");
            return false;
        }
    }

    private async Task<bool?> PreviousPassesAsync(LedgerHistory history, TargetState? target, CancellationToken cancellation)
    {
        if (history.Snapshot?.Serving is not { } previous || target?.Slot(previous.Slot) is not { Running: > 0 } slot || !slot.Is(previous))
            return null;
        // What cannot be asked before it serves proves nothing.
        return world.Gates.IsEmpty || (world.Target is { StartsBeside: false } && target.Serving != previous.Slot) ? null : await proves(previous.Slot, previous.Version, cancellation) is null;
    }

    private static ImmutableArray<Scope> Pending(LedgerHistory history, ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> moved)
    {
        if (history.Plan is not { } plan)
            return [];
        var planned = plan.Tenants.Select(t => (Scope: Scope.Parse(t.Key), t.Value));
        if (!plan.Public.IsEmpty)
            planned = planned.Prepend((new Scope.Public(), plan.Public));
        return [.. planned.Where(p => p.Value.Except(moved.GetValueOrDefault(p.Scope, [])).Any()).Select(p => p.Scope)];
    }

    /// <summary>Over the migrations that at least one scope has applied; unknown as soon as one is.</summary>
    private static bool? Fits(LedgerHistory history, ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> moved)
    {
        if (history.Plan is not { } plan || moved.IsEmpty)
            return null;
        var applied = moved.SelectMany(m => m.Value.Select(v => (m.Key is Scope.Public ? ScopeKind.Public : ScopeKind.Tenants, v))).Distinct();
        var fits = applied.Select(a => plan.Migrations.FirstOrDefault(p => p.Kind == a.Item1 && p.Version == a.v)?.FitsPreviousImage).ToArray();
        return fits.Contains(false) ? false : fits.Contains(null) ? null : true;
    }

    private async Task<ImmutableArray<ScopeReversal>> ReversalsAsync(
        LedgerHistory history, ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> moved, CancellationToken cancellation)
    {
        var reader = new ReversalReader(world, history, cancellation);
        var publicPart = moved.Where(m => m.Key is Scope.Public).ToImmutableSortedDictionary();
        var tenants = moved.RemoveRange(publicPart.Keys);
        return [.. await reader.ReadAsync(ScopeKind.Public, publicPart), .. await reader.ReadAsync(ScopeKind.Tenants, tenants)];
    }

    private async Task<ImmutableArray<ForbidHit>> ForbiddenAsync(LedgerHistory history, CancellationToken cancellation)
    {
        var hits = ImmutableArray.CreateBuilder<ForbidHit>();
        foreach (var rule in world.Config.Rollback.ForbidWhen)
        {
            var where = await TrueInAsync(rule, history, cancellation);
            if (where.Count > 0)
                hits.Add(new ForbidHit(rule, where[0], where.Count));
        }

        return hits.ToImmutable();
    }

    private async Task<List<string>> TrueInAsync(ForbidRule rule, LedgerHistory history, CancellationToken cancellation)
    {
        var scopes = rule.Scope == ScopeKind.Public || world.Config.Tenants is null
            ? [new Scope.Public()]
            : (await world.Database.TenantsAsync(world.Config.Tenants, cancellation)).Tenants.Select(t => (Scope)new Scope.Tenant(t)).ToArray();
        var started = history.StartedAt ?? world.Clock.GetUtcNow();
        var where = new List<string>();
        foreach (var scope in scopes)
        {
            if (await IsTrueAsync(rule, scope, started, cancellation))
                where.Add(scope.ToString());
        }

        return where;
    }

    /// <summary>A rule that cannot be asked counts as true: what it protects may be at stake.</summary>
    private async Task<bool> IsTrueAsync(ForbidRule rule, Scope scope, DateTimeOffset started, CancellationToken cancellation)
    {
        try
        {
            var parameters = ImmutableDictionary<string, object>.Empty.Add("deployment_started", started);
            return await world.Database.AskAsync(scope, rule.Sql, parameters, cancellation) is true;
        }
        catch (ProblemException unanswered)
        {
            world.Story.Warning($"rollback.forbid_when \"{rule.Because}\" could not be asked in {scope} and counts as true: {unanswered.Problem.What}");
            return true;
        }
    }
}

/// <summary>Finds, scope by scope, what stands against going back.</summary>
internal sealed class ReversalReader(World world, LedgerHistory history, CancellationToken cancellation)
{
    public async Task<IEnumerable<ScopeReversal>> ReadAsync(ScopeKind kind, ImmutableSortedDictionary<Scope, ImmutableArray<MigrationVersion>> moved)
    {
        if (moved.IsEmpty)
            return [];
        if (world.Engine(kind) is not { } engine)
            return moved.Select(m => new ScopeReversal(m.Key, m.Value, ["the configuration no longer names its migrations"]));
        var applied = await engine.AppliedAsync([.. moved.Keys], cancellation);
        var kept = moved.ToDictionary(m => m.Key, m => m.Value.SelectMany(v => applied[m.Key].Where(a => a.Version == v)).ToArray());
        var held = history.TrafficMayHaveReachedNew() ? await HeldAsync(kept) : ImmutableDictionary<Scope, ImmutableArray<string>>.Empty;
        return moved.Select(m => new ScopeReversal(
            m.Key, m.Value, [.. kept[m.Key].SelectMany(a => Blockers(kind, a)), .. held.GetValueOrDefault(m.Key, [])]));
    }

    private IEnumerable<string> Blockers(ScopeKind kind, AppliedMigration applied)
    {
        var name = $"{applied.Version} {applied.Name}";
        if (applied.Header.Irreversible)
            yield return applied.Header.Because.Length > 0 ? $"{name} is irreversible: {applied.Header.Because}" : $"{name} is irreversible";
        else if (applied.RollbackSql is null)
            yield return $"{name} has no rollback migration";
        if (history.Plan?.Migrations.FirstOrDefault(p => p.Kind == kind && p.Version == applied.Version) is { DestroysData: true } planned)
            yield return $"{name} destroyed data ({planned.Because})";
        if (applied.RollbackSql is { } back && history.TrafficMayHaveReachedNew() && world.Effects.Of(back).Overwrites)
            yield return $"the rollback of {name} overwrites values that may have changed since";
    }

    private async Task<ImmutableDictionary<Scope, ImmutableArray<string>>> HeldAsync(Dictionary<Scope, AppliedMigration[]> kept)
    {
        var since = history.StartedAt ?? world.Clock.GetUtcNow();
        var effects = new Dictionary<string, ImmutableArray<(string Table, string? Column)>>(StringComparer.Ordinal);
        ImmutableArray<(string Table, string? Column)> DropsOf(string sql) =>
            effects.TryGetValue(sql, out var known) ? known : effects[sql] = world.Effects.Of(sql).Drops;
        var objects = kept.SelectMany(k => k.Value.Where(a => a.RollbackSql is not null)
            .SelectMany(a => DropsOf(a.RollbackSql!)).Distinct()
            .Select(d => new DroppedObject(k.Key, d.Table, d.Column, since))).ToArray();
        var held = await world.Database.HeldDataAsync(objects, cancellation);
        return held.Where(h => h.Rows > 0).GroupBy(h => h.Object.Scope).ToImmutableDictionary(g => g.Key, g => g.Select(Words).ToImmutableArray());
    }

    private static string Words(HeldData held) => string.Create(
        CultureInfo.InvariantCulture,
        $"going back would drop {held.Object.Table}{(held.Object.Column is null ? "" : "." + held.Object.Column)}, which holds {held.Rows} {(held.Rows == 1 ? "row" : "rows")} since traffic reached the new release");
}

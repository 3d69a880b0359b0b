using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;

namespace SafeDeploy.Steps.MigrateTenants;

/// <summary>Tenants that are migrated together; a failed wave stops the next.</summary>
/// <param name="Name"><c>canaries</c>, <c>5%</c>, <c>100%</c>, or <c>late-1</c> for tenants created meanwhile.</param>
/// <param name="Scopes">In the order of the list; never empty.</param>
public sealed record TenantWave(string Name, ImmutableArray<Scope> Scopes)
{
    public const string Canaries = "canaries";

    /// <summary>Divides the fleet; every tenant is in exactly one wave, whatever the configuration leaves out is in a last one.</summary>
    /// <param name="fleet">All tenants in order: shares are counted over them, so that a resumed run divides alike.</param>
    public static ImmutableArray<TenantWave> Divide(
        ImmutableArray<Scope> fleet, ImmutableArray<TenantSchema> canaries, ImmutableArray<WaveSize> sizes)
    {
        var first = canaries.Select(name => (Scope)new Scope.Tenant(name)).Where(fleet.Contains).Distinct().ToImmutableArray();
        var hasCanaries = sizes.Any(size => size is WaveSize.Canaries);
        var order = hasCanaries ? [.. first, .. fleet.Except(first)] : fleet;
        var waves = ImmutableArray.CreateBuilder<TenantWave>();
        var taken = 0;
        foreach (var size in sizes)
        {
            var (name, upTo) = size switch
            {
                WaveSize.Canaries => (Canaries, Math.Max(taken, first.Length)),
                WaveSize.UpTo up => (up.Share.ToString(), Math.Max(taken, UpTo(order.Length, up.Share))),
                _ => throw new ArgumentOutOfRangeException(nameof(sizes), size, null),
            };
            Add(name, upTo);
        }

        Add("100%", order.Length);
        return waves.ToImmutable();

        void Add(string name, int upTo)
        {
            if (upTo > taken)
                waves.Add(new TenantWave(name, order[taken..upTo]));
            taken = upTo;
        }
    }

    /// <summary>Only the tenants that <paramref name="isPending"/>; waves without any are left out.</summary>
    public static ImmutableArray<TenantWave> Only(ImmutableArray<TenantWave> waves, Func<Scope, bool> isPending) =>
    [
        .. waves.Select(wave => wave with { Scopes = [.. wave.Scopes.Where(isPending)] }).Where(wave => !wave.Scopes.IsEmpty),
    ];

    // A share of a few tenants is at least one of them.
    private static int UpTo(int count, Percentage share) => Math.Min(count, (int)Math.Ceiling(count * share.Fraction));
}

using System.Collections.Concurrent;

namespace PointOfSale;

/// <summary>Which tenant a request means; asks the registry once for each name.</summary>
internal sealed class KnownTenants(Shop shop)
{
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    public async Task<string?> OfAsync(HttpRequest request, string otherwise, CancellationToken cancellation)
    {
        var tenant = request.Headers["X-Tenant"] is [{ Length: > 0 } named] ? named : otherwise;
        if (_known.ContainsKey(tenant))
            return tenant;
        if (!await shop.HasTenantAsync(tenant, cancellation))
            return null;
        _known.TryAdd(tenant, true);
        return tenant;
    }
}

using System.Collections.Immutable;

namespace PointOfSale;

/// <summary>What one release knows of the schema: it reads and writes these columns and no others.</summary>
/// <param name="Price">The price column of product.</param>
/// <param name="Total">The total column of sale.</param>
/// <param name="Customer">Reads and writes sale.customer_name.</param>
/// <param name="Points">Reads product.loyalty_points.</param>
/// <param name="Limits">Reads plan.max_branches.</param>
internal sealed record Release(string Version, string Price, string Total, bool Customer, bool Points, bool Limits)
{
    public static Release Of(string version) => version switch
    {
        "v1" => new(version, "price_cents", "total_cents", Customer: false, Points: false, Limits: false),
        "v2" => new(version, "price_cents", "total_cents", Customer: true, Points: false, Limits: true),
        "v3" => new(version, "price_cents", "total_cents", Customer: true, Points: true, Limits: true),
        "v4" => new(version, "price_cents", "amount_cents", Customer: true, Points: true, Limits: true),
        "v5" => new(version, "unit_price_cents", "total_cents", Customer: true, Points: true, Limits: true),
        "v6" => new(version, "price_cents", "total_cents", Customer: false, Points: true, Limits: true),
        _ => throw new ArgumentOutOfRangeException(nameof(version), version, "no such APP_VERSION"),
    };

    /// <summary>The columns without which this release cannot work; readiness looks for each of them in every tenant.</summary>
    public ImmutableArray<Column> Needs =>
    [
        new("public", "plan", "monthly_cents"),
        .. Limits ? [new Column("public", "plan", "max_branches")] : Array.Empty<Column>(),
        new("tenant", "Filial", "nome"),
        new("tenant", "product", Price),
        new("tenant", "sale", Total),
        .. Customer ? [new Column("tenant", "sale", "customer_name")] : Array.Empty<Column>(),
        .. Points ? [new Column("tenant", "product", "loyalty_points")] : Array.Empty<Column>(),
    ];
}

/// <param name="Kind"><c>public</c>, or <c>tenant</c> for every active tenant's schema.</param>
internal sealed record Column(string Kind, string Table, string Name);

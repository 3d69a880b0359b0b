using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PointOfSale;

internal sealed record Alive(string Status, string Version);

internal sealed record Ready(string Status, string Version, string Reason);

internal sealed record Failure(string Error);

internal sealed record TenantRow(string Schema, string Name, string Plan);

internal sealed record Branch(long Id, string Name);

internal sealed record Product(long Id, string Name, long PriceCents, int? LoyaltyPoints);

internal sealed record Plan(string Code, long MonthlyCents, int? MaxBranches);

internal sealed record Overview(
    string Version, string Tenant, long Branch, ImmutableArray<Branch> Branches, ImmutableArray<Product> Products,
    ImmutableArray<Plan> Plans, long Sales, long TurnoverCents, long? NamedCustomers);

/// <param name="Product">Null = the first one.</param>
internal sealed record NewSale(long? Product, int? Quantity, string? Customer);

internal sealed record Sold(long Sale, long TotalCents, long? FiscalNumber);

[JsonSerializable(typeof(Alive))]
[JsonSerializable(typeof(Ready))]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(ImmutableArray<TenantRow>))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(NewSale))]
[JsonSerializable(typeof(Sold))]
internal sealed partial class ShopJson : JsonSerializerContext
{
    // Quotation marks as they are: people read these answers in logs and reports.
    public static ShopJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDeploy.Migrations;

/// <summary>What one migration run changes: the shared schema or one tenant's.</summary>
[JsonConverter(typeof(ScopeJsonConverter))]
public abstract record Scope : IComparable<Scope>
{
    private Scope() { }

    /// <summary>The schema's bare name: <c>public</c> or the tenant's.</summary>
    public abstract string Schema { get; }

    /// <summary>The schema as it stands in SQL.</summary>
    public abstract string Sql { get; }

    public sealed record Public : Scope
    {
        public override string Schema => "public";

        public override string Sql => "\"public\"";

        public override string ToString() => "public";
    }

    public sealed record Tenant(TenantSchema Name) : Scope
    {
        public override string Schema => Name.Value;

        public override string Sql => Name.Name.Sql;

        public override string ToString() => Name.Value;
    }

    /// <summary>Reads back what <see cref="Schema"/> gave; a tenant can never be called "public".</summary>
    public static Scope Parse(string schema) => schema == "public"
        ? new Public()
        : new Tenant(TenantSchema.TryParse(schema, out var why) ?? throw new FormatException($"\"{schema}\" is no scope: {why}"));

    public int CompareTo(Scope? other) => string.CompareOrdinal(Schema, other?.Schema);
}

public sealed class ScopeJsonConverter : JsonConverter<Scope>
{
    public override Scope Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Scope.Parse(reader.GetString() ?? throw new JsonException("a scope is a schema's name"));

    public override void Write(Utf8JsonWriter writer, Scope value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Schema);
}

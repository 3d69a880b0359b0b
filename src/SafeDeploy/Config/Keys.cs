using SafeDeploy.Migrations;

namespace SafeDeploy.Config;

/// <summary>The words in which the schema is written. No state: the schema's classes may use it while they are made.</summary>
internal static class Keys
{
    public static ConfigField Key(string name, ScalarType type, string prose) => new(name, new FieldShape.One(type), prose);

    public static ConfigField List(string name, ScalarType item, string prose, int least = 0) =>
        new(name, new FieldShape.Many(item, least), prose);

    public static ConfigField Section(string name, SectionShape keys, string prose) =>
        new(name, new FieldShape.Section(keys), prose);

    /// <summary>An argument list that belongs to one value of a sibling.</summary>
    public static ConfigField Arguments(string name, string prose, string key, string value, bool required = false) =>
        List(name, ScalarTypes.AnyText, prose, least: 1) with
        {
            OnlyWith = new Condition(key, value),
            RequiredWith = required ? new Condition(key, value) : null,
        };

    public static ConfigField Scope(string prose) =>
        Key("scope", ScalarTypes.Choice(("public", ScopeKind.Public), ("tenants", ScopeKind.Tenants)), prose) with { Default = ["public"] };
}

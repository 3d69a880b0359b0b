using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Rules;

/// <summary>A migration names one tenant's schema: it would run there once for every other tenant.</summary>
internal sealed class NamesATenantSchema : IRule
{
    public RuleInfo Info { get; } = new("names-a-tenant-schema", Severity.High, LockLevel.None)
    {
        Title = "A migration names the schema of one tenant",
        Prevents = "every other tenant from getting the change; the named one gets it again and again",
        Remedy = "Leave the schema out: the name then means the tenant that is migrated",
        Manual = "ddl-schemas",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place)
    {
        if (place.File.Options.Tenants is not { Names.IsEmpty: false } tenants || statement.Parsed.Tree is not { } tree)
            return [];
        return tree.DescendantsAndSelf().SelectMany(Schemas)
            .Where(tenants.Names.Contains)
            .Distinct(StringComparer.Ordinal)
            .Select(schema => new Finding(Info.Slug, Info.Severity, $"{schema} is the schema of one tenant.", Info.Remedy + "."));
    }

    // The schema of a relation, and the qualified names of DROP, types and routines.
    private static IEnumerable<string> Schemas(SqlNode node) =>
        node.Text("schemaname") is { } schema ? [schema]
        : node.Is("List") && node.Names("items") is { Count: > 1 } parts ? [parts[0]]
        : node.Is("TypeName") && node.Names("names") is { Count: > 1 } type ? [type[0]]
        : node.Is("FuncCall") && node.Names("funcname") is { Count: > 1 } routine ? [routine[0]]
        : node.Is("CreateSchemaStmt") && node.Text("schemaname") is { } made ? [made]
        : [];
}

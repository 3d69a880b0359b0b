using System.Collections.Immutable;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Fleet;

/// <summary>Tables of the shared schema that foreign keys of a tenant's tables point at.</summary>
public static class SharedTargets
{
    /// <param name="files">What made the schemas; the tenant's tables are in <see cref="TenantContext.OwnSchema"/>.</param>
    public static ImmutableHashSet<string> Of(ISqlParser parser, IEnumerable<RiskFile> files)
    {
        var schema = new SchemaState();
        var model = new EffectModel(parser);
        foreach (var statement in files.SelectMany(f => parser.Split(SqlText.Readable(f.Sql))))
            model.Play(statement.Error is null ? parser.Parse(statement.Text) : SqlParseResult.Failed(statement.Error.Message, statement.Error.Offset), schema);
        return schema.Relations
            .Where(r => r.Key.Schema == TenantContext.OwnSchema)
            .SelectMany(r => r.Constraints)
            .Where(c => c.Target is { Key.Schema: not TenantContext.OwnSchema })
            .Select(c => c.Target!.ToString())
            .ToImmutableHashSet(StringComparer.Ordinal);
    }
}

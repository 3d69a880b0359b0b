using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Statements that change no definition: VACUUM, CLUSTER, LOCK, COMMENT, GRANT, SET.</summary>
internal static class MaintenanceEffects
{
    public static void Vacuum(EffectBuilder effects, SqlNode statement)
    {
        var full = statement.List("options").Any(o => o.Text("defname") == "full" && OutsideTransactionOnly.Switch(o));
        effects.Expand();
        if (!statement.Has("rels") && !effects.Schema.IsComplete)
            effects.LockUnseen(full ? LockLevel.AccessExclusive : LockLevel.ShareUpdateExclusive, works: full);
        var all = statement.Has("rels") ? [] : effects.Schema.Relations.Where(r => r.IsTable || r.Kind == RelationKind.MaterializedView);
        foreach (var table in statement.List("rels").Select(r => effects.Need(r.Node("relation"))).OfType<Relation>().Concat(all).ToArray())
        {
            effects.Lock(table, full ? LockLevel.AccessExclusive : LockLevel.ShareUpdateExclusive);
            if (!full)
            {
                // VACUUM's own locks go with each table; ANALYZE keeps them to the end of the transaction.
                foreach (var each in ConstraintEffects.WithPartitions(effects, table))
                {
                    effects.Lock(each, LockLevel.ShareUpdateExclusive);
                    if (each.Kind != RelationKind.PartitionedTable)
                        effects.LockIndexes(each, LockLevel.AccessShare);
                }

                // Rows of what inherits count for its parent too.
                foreach (var child in new AlterTarget(effects, table, Only: false).Tree())
                    effects.Lock(child, LockLevel.AccessShare);

                continue;
            }

            effects.Rewrite(table);
            effects.Act(ActKind.VacuumsFull, table);
        }
    }

    public static void Cluster(EffectBuilder effects, SqlNode statement)
    {
        effects.Expand();
        if (effects.Need(statement.Node("relation")) is not { } table)
            return;
        if (!statement.Has("indexname") && effects.Schema.IsComplete && !table.IsClustered)
            effects.Fail($"{table} was clustered by no index before");
        table.IsClustered = true;
        effects.Lock(table, LockLevel.AccessExclusive);
        effects.Rewrite(table);
        effects.Act(ActKind.Clusters, table);
    }

    // The modes of LOCK are numbered as the lock levels are.
    public static void LockTables(EffectBuilder effects, SqlNode statement)
    {
        var level = (LockLevel)Math.Clamp(statement.Number("mode"), 0, (int)LockLevel.AccessExclusive);
        foreach (var range in statement.List("relations"))
        {
            if (effects.Need(range) is not { } relation)
                continue;
            QueryEffects.Touch(effects, relation, level, scan: false);
            foreach (var child in new AlterTarget(effects, relation, !range.Flag("inh")).Tree())
                effects.Lock(child, level);
            foreach (var read in Behind(relation))
                effects.Lock(read, level);
            effects.Act(ActKind.LocksTable, relation, level.Spelled());
        }

        effects.Expand();
    }

    /// <summary>LOCK of a view locks what it shows, through views of views.</summary>
    public static List<Relation> Behind(Relation view)
    {
        var all = new List<Relation>(view.Kind == RelationKind.View ? view.Reads.Keys : []);
        for (var i = 0; i < all.Count; i++)
            all.AddRange(all[i].Kind == RelationKind.View ? all[i].Reads.Keys.Except(all) : []);
        return all;
    }

    public static void Comment(EffectBuilder effects, SqlNode statement)
    {
        effects.Expand();
        var names = statement.Node("object")?.Names("items") ?? [];
        switch (statement.Text("objtype"))
        {
            case "OBJECT_TABLE" or "OBJECT_VIEW" or "OBJECT_MATVIEW" or "OBJECT_FOREIGN_TABLE":
                effects.Lock(effects.Need(GivenNames.Of(names)), LockLevel.ShareUpdateExclusive);
                break;
            case "OBJECT_COLUMN":
                CommentColumn(effects, names);
                break;
            case "OBJECT_INDEX":
                effects.Lock(effects.Need(GivenNames.Of(names), RelationKind.Index), LockLevel.ShareUpdateExclusive);
                break;
            case "OBJECT_SEQUENCE":
                effects.Lock(effects.Need(GivenNames.Of(names), RelationKind.Sequence), LockLevel.ShareUpdateExclusive);
                break;
            case "OBJECT_TABCONSTRAINT" or "OBJECT_TRIGGER" or "OBJECT_POLICY" or "OBJECT_RULE":
                CommentPart(effects, statement.Text("objtype"), names);
                break;
        }
    }

    private static void CommentPart(EffectBuilder effects, string? type, IReadOnlyList<string> names)
    {
        if (effects.Need(GivenNames.Of([.. names.SkipLast(1)])) is not { } table)
            return;
        effects.Lock(table, LockLevel.AccessShare);
        if (type == "OBJECT_TABCONSTRAINT")
            ConstraintEffects.Find(new AlterTarget(effects, table, Only: true), names[^1]);
    }

    private static void CommentColumn(EffectBuilder effects, IReadOnlyList<string> names)
    {
        if (effects.Need(GivenNames.Of([.. names.SkipLast(1)])) is not { } relation)
            return;
        effects.Lock(relation, LockLevel.ShareUpdateExclusive);
        if (relation.ColumnsAreKnown && relation.IsTable && relation.Column(names[^1]) is null)
            effects.FailMissing($"column {names[^1]} of {relation}", FailureKind.UndefinedColumn);
    }

    public static void Grant(EffectBuilder effects, SqlNode statement)
    {
        var table = statement.List("objects").FirstOrDefault(o => o.Is("RangeVar"));
        var key = RelationName.Of(table) is { } name ? effects.Schema.KeyOf(name) : RelationKey.None;
        if (!statement.Flag("is_grant"))
        {
            effects.Contract(null);
            return;
        }

        if (statement.List("grantees").Any(g => g.Text("roletype") == "ROLESPEC_PUBLIC"))
            effects.Act(ActKind.GrantsToPublic, key);
        if (!statement.Has("privileges"))
            effects.Act(ActKind.GrantsAll, key);
        effects.Expand();
    }

    public static void ChangeOwner(EffectBuilder effects, SqlNode statement)
    {
        if (effects.Need(statement.Node("relation")) is { } relation)
            ChangeOwner(effects, relation, statement.Node("newowner"));
        else
            effects.Expand(null);
    }

    public static void ChangeOwner(EffectBuilder effects, Relation relation, SqlNode? owner)
    {
        effects.Lock(relation, LockLevel.AccessExclusive);
        effects.Act(ActKind.OnlyMetadata, relation);
        effects.JudgeFor(relation, () => effects.Expand(null));
        // Whoever runs it most often owns it already: then nothing else is touched.
        if (owner?.Text("roletype") is "ROLESPEC_CURRENT_USER" or "ROLESPEC_CURRENT_ROLE" or "ROLESPEC_SESSION_USER")
            return;
        effects.LockIndexes(relation, LockLevel.AccessExclusive);
        foreach (var sequence in effects.Schema.SequencesOf(relation))
            effects.Lock(sequence, LockLevel.AccessExclusive);
    }

    public static void Set(EffectBuilder effects, SqlNode statement)
    {
        effects.Expand();
        var values = statement.List("args").Select(a => a.Node("sval")?.Text("sval") ?? "").ToArray();
        switch (statement.Text("name"))
        {
            case "search_path":
                SetSearchPath(effects.Schema, values);
                break;
            case "timezone":
                effects.Schema.TimeZoneIsUtc = values is [var zone] && zone.ToUpperInvariant() is "UTC" or "ETC/UTC" or "GMT" or "ZULU";
                break;
        }
    }

    private static void SetSearchPath(SchemaState schema, string[] values)
    {
        var places = values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(v => v.Trim('"'))
            .Where(v => v is not ("$user" or "pg_catalog"))
            .ToList();
        // pg_dump empties the path and qualifies every name.
        schema.SearchPath = places.Count > 0 ? places : ["public"];
        schema.SearchPathIsSet = places.Count > 0;
    }

    public static void CreateSchema(EffectBuilder effects, SqlNode statement)
    {
        var name = statement.Text("schemaname") ?? statement.Node("authrole")?.Text("rolename") ?? "";
        if (effects.Schema.Schemas.Contains(name) && !statement.Flag("if_not_exists") && effects.Schema.IsComplete)
            effects.FailTaken($"schema {name}", FailureKind.DuplicateSchema);
        // Names without a schema mean the one that the script begins with, unless it sets a search_path. A schema that a
        // history makes later, beside tables that are there, is not where its other names lead.
        if (!effects.Schema.IsJudging && !effects.Schema.SearchPathIsSet && effects.Schema.Schemas.Count == 1 && !effects.Schema.Relations.Any())
            effects.Schema.SearchPath = [name, "public"];
        effects.Schema.Schemas.Add(name);
        effects.Act(ActKind.CreatesSchema, new RelationKey(name, ""), name);
        effects.Expand();
        foreach (var element in statement.List("schemaElts"))
            EffectModel.PlayInside(effects, element);
    }

    public static void CreateExtension(EffectBuilder effects, SqlNode statement)
    {
        effects.Schema.Extensions.Add(statement.Text("extname") ?? "");
        effects.MayFail();
        effects.Expand();
    }

    public static void Publish(EffectBuilder effects, SqlNode statement)
    {
        foreach (var item in statement.List("pubobjects"))
        {
            if (item.Node("pubtable")?.Node("relation") is { } relation)
                effects.Lock(effects.Need(relation), LockLevel.ShareUpdateExclusive);
        }

        effects.Expand();
    }

    public static void MoveAll(EffectBuilder effects, SqlNode statement)
    {
        effects.Act(ActKind.SetsTablespace, RelationKey.None, statement.Text("new_tablespacename") ?? "");
        effects.Unclear();
    }

    public static void Explain(EffectBuilder effects, SqlNode statement)
    {
        var runs = statement.List("options").Any(o => o.Text("defname") == "analyze" && OutsideTransactionOnly.Switch(o));
        if (statement.Node("query") is not { } query)
            return;
        if (runs)
            EffectModel.PlayInside(effects, query);
        else
            QueryEffects.Plan(effects, query);
        effects.Expand();
    }
}

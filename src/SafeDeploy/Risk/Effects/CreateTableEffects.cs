using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>CREATE TABLE in all its forms: the new table locks nobody out, its neighbours may.</summary>
internal static class CreateTableEffects
{
    // MaxHeapAttributeNumber; what is written beyond that and its constraints is refused and need not be read.
    private const int MostColumns = 1600;
    private const int MostElements = 3 * MostColumns;

    public static void CreateForeign(EffectBuilder effects, SqlNode statement)
    {
        if (statement.Node("base") is { } inner)
            Create(effects, inner, RelationKind.ForeignTable);
    }

    public static void Create(EffectBuilder effects, SqlNode statement) =>
        Create(effects, statement, statement.Has("partspec") ? RelationKind.PartitionedTable : RelationKind.Table);

    private static void Create(EffectBuilder effects, SqlNode statement, RelationKind kind)
    {
        if (Open(effects, statement.Node("relation"), statement.Flag("if_not_exists"), kind) is not { } table)
            return;
        effects.Act(ActKind.CreatesTable, table);
        effects.Expand();
        table.IsUnlogged = statement.Node("relation")?.Text("relpersistence") == "u";
        table.PartitionKey = [.. (statement.Node("partspec")?.List("partParams") ?? []).Select(p => p.Text("name") ?? "")];
        AddParents(effects, statement, table);
        OfType(effects, statement, table);
        foreach (var element in statement.List("tableElts").Take(MostElements))
            AddElement(effects, table, element);
        if (table.Columns.Count > MostColumns)
            effects.Fail($"{table} would have more than {MostColumns} columns");
    }

    // CREATE TABLE … OF: the columns are those of the type, now and later.
    private static void OfType(EffectBuilder effects, SqlNode statement, Relation table)
    {
        if (statement.Node("ofTypename")?.Names("names") is not { Count: > 0 } names || effects.Schema.Find(GivenNames.Of(names)) is not { Kind: RelationKind.CompositeType } type)
            return;
        table.OfType = type.Key;
        table.Columns.AddRange(type.Columns.Select(c => c.Copy()));
    }

    /// <summary>The new table, or null when the name is taken.</summary>
    private static Relation? Open(EffectBuilder effects, SqlNode? rangeVar, bool ifNotExists, RelationKind kind)
    {
        if (RelationName.Of(rangeVar) is not { } name)
            return null;
        var temporary = rangeVar?.Text("relpersistence") == "t";
        var place = temporary ? "pg_temp" : name.Schema ?? effects.Schema.SearchPath[0];
        if (effects.Schema.Find(new RelationName(place, name.Name)) is { IsAssumed: false } taken)
        {
            if (!ifNotExists)
                effects.FailTaken(taken.ToString(), FailureKind.DuplicateTable);
            effects.Act(ActKind.ExistenceGuardStillLocks, taken, name.Name, "table");
            effects.Expand();
            return null;
        }

        if (effects.Schema.IsComplete && !temporary && !effects.Schema.Schemas.Contains(place))
            effects.FailMissing($"schema {place}", FailureKind.UndefinedSchema);
        if (!ifNotExists && effects.Schema.IsJudging)
            effects.Act(ActKind.NotReRunnable, new RelationKey(place, name.Name));
        return effects.Schema.Make(new RelationKey(place, name.Name), kind, temporary);
    }

    private static void AddParents(EffectBuilder effects, SqlNode statement, Relation table)
    {
        foreach (var parent in statement.List("inhRelations").Select(p => effects.Need(p)).OfType<Relation>().Where(p => !effects.IsCircle(p, table)))
        {
            if (statement.Has("partbound"))
                PartitionEffects.Join(effects, parent, table, statement.Node("partbound"));
            else
                effects.Lock(parent, LockLevel.ShareUpdateExclusive);
            table.Parents.Add(parent);
            parent.Children.Add(table);
            table.Columns.AddRange(parent.Columns.Select(c => c.Inherited()));
            table.HasUnseenColumns |= parent.IsAssumed || parent.HasUnseenColumns;
        }
    }

    private static void AddElement(EffectBuilder effects, Relation table, SqlNode element)
    {
        switch (element.Kind)
        {
            case "ColumnDef":
                var column = ColumnDefinition.Of(element);
                if (table.Column(column.Name) is null)
                    TableDefinition.AddColumn(effects, table, column);
                foreach (var constraint in column.Constraints)
                    AddConstraint(effects, table, constraint, column.Name);
                break;
            case "Constraint":
                AddConstraint(effects, table, element, null);
                break;
            case "TableLikeClause":
                Copy(effects, table, element);
                break;
        }
    }

    private static void AddConstraint(EffectBuilder effects, Relation table, SqlNode constraint, string? column)
    {
        var added = TableDefinition.Add(effects, table, constraint, column);
        // NOT VALID means nothing on a table without rows.
        if (added is not null)
            added.Valid = true;
        if (added?.Target is not { } target)
            return;
        if (target != table)
            ConstraintEffects.CheckTarget(effects, table, added, target);
        if (target.IsUnlogged && !table.IsUnlogged)
            effects.Fail($"{table} is logged, {target} is not");
        ConstraintEffects.LockTarget(effects, target);
        if (target.Born != effects.Schema.Statement)
            effects.Act(ActKind.AddsForeignKeyInNewTable, table.Key, "", target.ToString(), target.IsNew);
    }

    // parsenodes.h, TableLikeOption: constraints 4, defaults 8, indexes 64.
    private static void Copy(EffectBuilder effects, Relation table, SqlNode like)
    {
        if (effects.Need(like.Node("relation")) is not { } source)
            return;
        effects.Lock(source, LockLevel.AccessShare);
        var options = like.Number("options");
        table.Columns.AddRange(source.Columns.Select(c => c.Copy()));
        table.HasUnseenColumns |= source.IsAssumed || source.HasUnseenColumns;
        foreach (var check in source.Constraints.Where(c => c.Kind == ConstraintKind.Check && (options & 4) != 0))
            table.Constraints.Add(new Constraint(check.Name, check.Kind, check.Columns) { Expression = check.Expression });
        if ((options & 64) == 0)
            return;
        foreach (var index in source.Indexes)
            TableDefinition.IndexOn(effects.Schema, table, GivenNames.Index(table, index.OfColumns, effects.Schema), index.OfColumns, index.IsUnique);
    }

    public static void CreateAs(EffectBuilder effects, SqlNode statement)
    {
        var into = statement.Node("into");
        var isView = statement.Text("objtype") == "OBJECT_MATVIEW";
        var kind = isView ? RelationKind.MaterializedView : RelationKind.Table;
        var made = Open(effects, into?.Node("rel"), statement.Flag("if_not_exists"), kind);
        if (statement.Node("query") is { Kind: "ExecuteStmt" })
            effects.MayFail();
        var reads = QueryEffects.Read(effects, statement.Node("query"), scan: made is not null && !(into?.Flag("skipData") ?? false));
        if (made is null)
            return;
        effects.Act(isView ? ActKind.CreatesView : ActKind.CreatesTable, made);
        effects.Expand();
        made.IsFilled = !(into?.Flag("skipData") ?? false);
        TableDefinition.AddOutput(made, QueryOutput.Of(into?.Names("colNames") ?? [], statement.Node("query"), effects.Schema));
        if (!isView)
            return;
        foreach (var (relation, columns) in reads)
            made.Reads[relation] = columns;
    }
}

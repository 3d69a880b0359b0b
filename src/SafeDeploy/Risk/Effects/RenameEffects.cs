using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>New names for old things: instant, and the old image still uses the old name.</summary>
internal static class RenameEffects
{
    public static void Rename(EffectBuilder effects, SqlNode statement)
    {
        var to = statement.Text("newname") ?? "";
        var type = statement.Text("renameType") ?? "";
        if (Relations.Contains(type))
            RenameRelation(effects, statement, to);
        else if (Parts.Contains(type))
            RenamePart(effects, statement, to);
        else if (Routines.Contains(type))
            RenameRoutine(effects, ObjectOf(statement, "objname"), to);
        else if (type == "OBJECT_COLUMN")
            RenameColumn(effects, statement, to);
        else if (type == "OBJECT_SCHEMA")
            RenameSchema(effects, statement.Text("subname") ?? "", to);
        else if (type is "OBJECT_TYPE" or "OBJECT_DOMAIN")
            RenameType(effects, ObjectOf(statement, "items"), to);
        else
            effects.Contract(null);
        if (type == "OBJECT_ATTRIBUTE" && effects.Need(statement.Node("relation"), RelationKind.CompositeType) is { } composite)
            TypeEffects.LockTyped(effects, composite, statement.Text("behavior") == "DROP_CASCADE");
    }

    private static RelationName ObjectOf(SqlNode statement, string field) =>
        GivenNames.Of(statement.Node("object")?.Names(field) ?? []);

    private static readonly string[] Relations =
        ["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE", "OBJECT_INDEX", "OBJECT_FOREIGN_TABLE"];

    private static readonly string[] Parts = ["OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"];

    private static readonly string[] Routines = ["OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"];

    private static void RenameRelation(EffectBuilder effects, SqlNode statement, string to)
    {
        var kind = statement.Text("renameType") switch
        {
            "OBJECT_VIEW" => RelationKind.View,
            "OBJECT_MATVIEW" => RelationKind.MaterializedView,
            "OBJECT_SEQUENCE" => RelationKind.Sequence,
            "OBJECT_INDEX" => RelationKind.Index,
            _ => RelationKind.Table,
        };
        effects.Expand();
        if (effects.Need(statement.Node("relation"), kind, statement.Flag("missing_ok")) is not { } relation)
            return;
        // ALTER TABLE and ALTER INDEX rename whatever they are given.
        if (kind is RelationKind.View or RelationKind.MaterializedView or RelationKind.Sequence && relation.Kind != kind)
            effects.Fail($"{relation} is {relation.KindInWords}");
        effects.Lock(relation, relation.Kind == RelationKind.Index && kind == RelationKind.Index ? LockLevel.ShareUpdateExclusive : LockLevel.AccessExclusive);
        Note(effects, relation, to);
        var key = new RelationKey(relation.Key.Schema, to);
        if (effects.Schema.Find(new RelationName(key.Schema, key.Name)) is { IsAssumed: false } taken)
            effects.FailTaken(taken.ToString(), FailureKind.DuplicateTable);
        else
            effects.Schema.Rename(relation, key);
    }

    private static void Note(EffectBuilder effects, Relation relation, string to)
    {
        if (relation.Kind is RelationKind.Index)
        {
            effects.Act(ActKind.OnlyMetadata, relation, to);
            return;
        }

        effects.Act(relation.Kind == RelationKind.View ? ActKind.RenamesView : ActKind.RenamesTable, relation, to);
        effects.JudgeFor(relation, () => effects.Contract(relation.Kind == RelationKind.Sequence ? null : false));
    }

    private static void RenameColumn(EffectBuilder effects, SqlNode statement, string to)
    {
        var relation = effects.Need(statement.Node("relation"), missingOk: statement.Flag("missing_ok"));
        effects.Expand();
        if (relation is null)
            return;
        var from = statement.Text("subname") ?? "";
        var target = new AlterTarget(effects, relation, !(statement.Node("relation")?.Flag("inh") ?? true));
        target.LockTree(LockLevel.AccessExclusive);
        var column = target.Column(from);
        if (column is { IsInherited: true } || relation.IsPartition)
            effects.Fail($"column {from} of {relation} is inherited");
        if (target.Tree().FirstOrDefault(t => t.ColumnsAreKnown && t.Column(to) is not null) is { } taken)
            effects.FailTaken($"column {to} of {taken}", FailureKind.DuplicateColumn);
        effects.Act(ActKind.RenamesColumn, relation, from, to);
        effects.JudgeFor(column is { IsNew: true } ? new Relation(relation.Key, relation.Kind) { IsNew = true } : relation, () => effects.Contract(false));
        foreach (var table in target.Tree())
            RenameColumn(effects.Schema, table, from, to);
    }

    private static void RenameColumn(SchemaState schema, Relation table, string from, string to)
    {
        if (table.Column(from) is { } column)
            column.Name = to;
        foreach (var generated in table.Columns.Where(c => c.Reads.Contains(from)))
            generated.Reads = [.. generated.Reads.Select(r => r == from ? to : r)];
        foreach (var list in table.Constraints.Select(c => c.Columns).Concat(table.Indexes.Select(i => i.OfColumns)))
        {
            if (list.IndexOf(from) is var at and >= 0)
                list[at] = to;
        }

        foreach (var columns in schema.ViewsOn(table).Select(v => v.Reads[table]).Where(c => c.Contains(from)))
            columns.Add(to);
    }

    private static void RenamePart(EffectBuilder effects, SqlNode statement, string to)
    {
        effects.Expand();
        if (effects.Need(statement.Node("relation")) is not { } table)
            return;
        effects.Lock(table, LockLevel.AccessExclusive);
        var from = statement.Text("subname") ?? "";
        effects.Act(ActKind.RenamesConstraint, table, from, to);
        if (statement.Text("renameType") != "OBJECT_TABCONSTRAINT" || ConstraintEffects.Find(new AlterTarget(effects, table, Only: true), from) is not { } constraint)
            return;
        constraint.Name = to;
        if (constraint.Index is { } index)
        {
            effects.Lock(index, LockLevel.ShareUpdateExclusive);
            effects.Schema.Rename(index, new RelationKey(index.Key.Schema, to));
        }
    }

    private static void RenameSchema(EffectBuilder effects, string from, string to)
    {
        effects.Act(ActKind.RenamesSchema, new RelationKey(from, ""), from, to);
        effects.Contract(false);
        if (effects.Schema.IsComplete && !effects.Schema.Schemas.Contains(from))
            effects.FailMissing($"schema {from}", FailureKind.UndefinedSchema);
        effects.Schema.Schemas.Remove(from);
        effects.Schema.Schemas.Add(to);
        foreach (var relation in effects.Schema.Relations.Where(r => r.Key.Schema == from).ToArray())
            effects.Schema.Rename(relation, relation.Key with { Schema = to });
        foreach (var type in effects.Schema.Types.Where(t => t.Schema == from).ToArray())
            effects.Schema.RenameType(type, type with { Schema = to });
    }

    private static void RenameRoutine(EffectBuilder effects, RelationName name, string to)
    {
        var key = new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
        effects.Act(ActKind.RenamesRoutine, key, to);
        effects.Contract(false);
        if (effects.Schema.Routines.Remove(key, out var routine))
            effects.Schema.Routines[key with { Name = to }] = routine;
    }

    private static void RenameType(EffectBuilder effects, RelationName name, string to)
    {
        var key = new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
        effects.Act(ActKind.RenamesType, key, to);
        effects.Contract(null);
        effects.Schema.RenameType(key, key with { Name = to });
    }

    private static void CheckMove(EffectBuilder effects, string? type, Relation relation, string to)
    {
        if (effects.Schema.IsComplete && !effects.Schema.Schemas.Contains(to))
            effects.FailMissing($"schema {to}", FailureKind.UndefinedSchema);
        var fits = (type, relation.Kind) switch
        {
            ("OBJECT_VIEW", var kind) => kind == RelationKind.View,
            ("OBJECT_MATVIEW", var kind) => kind == RelationKind.MaterializedView,
            ("OBJECT_SEQUENCE", var kind) => kind == RelationKind.Sequence,
            (_, var kind) => kind is not (RelationKind.Index or RelationKind.CompositeType),
        };
        if (!fits)
            effects.Fail($"{relation} is {relation.KindInWords}");
        if (relation is { Kind: RelationKind.Sequence, Of: { } owner })
            effects.Fail($"{relation} belongs to {owner} and moves with it");
    }

    private static void MoveType(EffectBuilder effects, RelationName name, string to)
    {
        var key = new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
        if (effects.Schema.IsComplete && !effects.Schema.Schemas.Contains(to))
            effects.FailMissing($"schema {to}", FailureKind.UndefinedSchema);
        effects.Schema.RenameType(key, key with { Schema = to });
    }

    public static void SetSchema(EffectBuilder effects, SqlNode statement)
    {
        var to = statement.Text("newschema") ?? "";
        if (!statement.Has("relation"))
        {
            effects.Contract(false);
            if (statement.Text("objectType") is "OBJECT_TYPE" or "OBJECT_DOMAIN" && statement.Node("object") is { } type)
                MoveType(effects, GivenNames.Of(type.Names(type.Is("List") ? "items" : "names")), to);
            return;
        }

        effects.Expand();
        if (effects.Need(statement.Node("relation"), missingOk: statement.Flag("missing_ok")) is not { } relation)
            return;
        effects.Lock(relation, LockLevel.AccessExclusive);
        CheckMove(effects, statement.Text("objectType"), relation, to);
        if (to != relation.Key.Schema && effects.Schema.Find(new RelationName(to, relation.Key.Name)) is { IsAssumed: false } taken)
            effects.FailTaken(taken.ToString(), FailureKind.DuplicateTable);
        effects.Act(ActKind.MovesToSchema, relation, to);
        effects.JudgeFor(relation, () => effects.Contract(false));
        foreach (var index in relation.Indexes)
            effects.Schema.Rename(index, index.Key with { Schema = to });
        foreach (var sequence in effects.Schema.SequencesOf(relation).ToArray())
        {
            effects.Lock(sequence, LockLevel.AccessExclusive);
            effects.Schema.Rename(sequence, sequence.Key with { Schema = to });
        }

        effects.Schema.Rename(relation, relation.Key with { Schema = to });
    }
}

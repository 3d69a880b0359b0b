using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Views are stored queries; materialized ones are tables that somebody refreshes.</summary>
internal static class ViewEffects
{
    public static void Create(EffectBuilder effects, SqlNode statement)
    {
        if (RelationName.Of(statement.Node("view")) is not { } name)
            return;
        var existing = effects.Schema.Find(name);
        var reads = QueryEffects.Read(effects, statement.Node("query"), scan: false);
        if (existing is { IsAssumed: false } && !statement.Flag("replace"))
            effects.FailTaken(existing.ToString(), FailureKind.DuplicateTable);
        // OR REPLACE over what was never seen: it is there more often than not.
        if (existing is null && statement.Flag("replace") && statement.Node("view")?.Text("relpersistence") != "t")
            existing = effects.Schema.FindOrAssume(name, RelationKind.View);
        if (existing is not null)
            Replace(effects, statement, existing);
        else
        {
            effects.Act(ActKind.CreatesView, effects.Schema.KeyOf(name));
            effects.Expand();
            var temporary = statement.Node("view")?.Text("relpersistence") == "t";
            existing = effects.Schema.Make(temporary ? new RelationKey("pg_temp", name.Name) : effects.Schema.KeyOf(name), RelationKind.View, temporary);
        }

        existing.Reads.Clear();
        foreach (var (relation, columns) in reads)
            existing.Reads[relation] = columns;
        existing.Columns.Clear();
        TableDefinition.AddOutput(existing, Output(effects, statement));
    }

    private static IReadOnlyList<Column>? Output(EffectBuilder effects, SqlNode statement) =>
        QueryOutput.Of(statement.Names("aliases"), statement.Node("query"), effects.Schema);

    private static void Replace(EffectBuilder effects, SqlNode statement, Relation view)
    {
        effects.Lock(view, LockLevel.AccessExclusive);
        var after = Output(effects, statement);
        var was = view.ColumnsAreKnown ? view.Columns : [];
        // checkViewTupleDesc: those it had come first, with their names and types.
        if (after is not null && was.Where((c, i) => i >= after.Count || after[i].Name != c.Name).FirstOrDefault() is { } missing)
        {
            effects.Act(ActKind.ReplacesViewRemovingColumns, view, missing.Name);
            effects.Fail($"column {missing.Name} of view {view} can not be removed, renamed or moved by OR REPLACE");
        }
        else
            effects.Act(ActKind.ReplacesView, view);
        if (after is not null && was.Where((c, i) => i < after.Count && !c.Type.IsUnknown && !after[i].Type.IsUnknown && !after[i].Type.IsSameAs(c.Type)).FirstOrDefault() is { } other)
            effects.Fail($"column {other.Name} of view {view} can not get another type by OR REPLACE");
        if (after is null || after.Any(c => c.Type.IsUnknown))
            effects.MayFail();
        effects.JudgeFor(view, () => effects.Expand(null));
        effects.MaybeIrreversible();
    }

    /// <summary>The names of a query's columns; <c>*</c> for several.</summary>
    /// <param name="given">Names given to them from outside; may be empty.</param>
    public static IEnumerable<string> OutputColumns(IReadOnlyList<string> given, SqlNode? query)
    {
        if (given.Count > 0)
            return given;
        while (query?.Node("larg") is { } left)
            query = left;
        return (query?.List("targetList") ?? []).Select(t => t.Text("name") ?? LastField(t.Node("val")));
    }

    private static string LastField(SqlNode? value)
    {
        if (value is { Kind: "ColumnRef" } column)
            return column.List("fields") is not [.., var last] ? "?" : last.Is("A_Star") ? "*" : last.Text("sval") ?? "?";

        return value is { Kind: "FuncCall" } call ? call.LastName("funcname") : "*";
    }

    public static void Refresh(EffectBuilder effects, SqlNode statement)
    {
        if (effects.Need(statement.Node("relation"), RelationKind.MaterializedView) is not { } view)
            return;
        var concurrently = statement.Flag("concurrent");
        effects.Lock(view, concurrently ? LockLevel.Exclusive : LockLevel.AccessExclusive);
        effects.Expand();
        foreach (var read in statement.Flag("skipData") ? [] : view.Reads.Keys.ToArray())
            QueryEffects.Touch(effects, read, LockLevel.AccessShare, scan: true);
        if (!concurrently)
        {
            effects.LockIndexes(view, LockLevel.AccessExclusive);
            effects.NewFiles(view);
            // Its indexes are built over the new rows.
            if (view.Indexes.Count > 0)
                effects.Scan(view);
            effects.Act(ActKind.RefreshesBlocking, view);
            view.IsFilled = !statement.Flag("skipData");
        }
        else
        {
            effects.Scan(view);
            effects.LockIndexes(view, LockLevel.RowExclusive);
        }

        if (concurrently && !view.IsAssumed && !view.Indexes.Exists(i => i is { IsUnique: true, IsPartialOrExpression: false }))
        {
            effects.Act(ActKind.RefreshesConcurrentlyWithoutKey, view);
            effects.Fail($"{view} has no unique index over columns, CONCURRENTLY is refused");
        }
    }
}

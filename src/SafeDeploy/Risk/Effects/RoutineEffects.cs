using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Functions and procedures lock no table, but old code calls them.</summary>
internal static class RoutineEffects
{
    public static void Create(EffectBuilder effects, SqlNode statement)
    {
        var name = GivenNames.Of(statement.Names("funcname"));
        var key = new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
        var options = statement.List("options").ToArray();
        var replaces = Replaces(effects.Schema, statement, key);
        var routine = RoutineOf(options, effects.Schema.IsJudging && !replaces);
        effects.Schema.Routines[key] = routine.Language == "sql" ? ReadText(effects, routine) : routine;
        effects.Act(replaces ? ActKind.ReplacesRoutine : ActKind.CreatesRoutine, key);
        if (Option(options, "security")?.Flag("boolval") == true && !SetsSearchPath(options))
            effects.Act(ActKind.SecurityDefinerWithoutSearchPath, key);
        effects.Expand(replaces ? null : true);
        if (replaces)
            effects.MaybeIrreversible();
        ReadBody(effects, statement);
    }

    // OR REPLACE over what was never seen may replace something, unless everything was seen.
    private static bool Replaces(SchemaState schema, SqlNode statement, RelationKey key) =>
        statement.Flag("replace")
        && (!schema.IsComplete || schema.Routines.ContainsKey(key))
        && schema.Routines.GetValueOrDefault(key) is not { IsNew: true };

    private static Routine RoutineOf(SqlNode[] options, bool isNew)
    {
        var body = Option(options, "as")?.Names("items") is { Count: > 0 } parts ? parts[0] : "";
        return new Routine(
            Option(options, "volatility")?.Text("sval") ?? "volatile",
            Option(options, "language")?.Text("sval") ?? "sql",
            isNew,
            body);
    }

    // check_function_bodies: the text is analysed now, its tables are locked. One plain expression is put in the
    // caller's place, and then only what it calls counts, not what the function says of itself.
    private static Routine ReadText(EffectBuilder effects, Routine routine)
    {
        var statements = effects.Parser.Split(routine.Body).Select(s => effects.Parser.Parse(s.Text).Tree).OfType<SqlNode>().ToArray();
        foreach (var relation in statements.SelectMany(s => QueryEffects.Relations(effects, s)).ToArray())
            effects.Lock(relation, LockLevel.AccessShare);
        foreach (var changed in statements.SelectMany(s => s.DescendantsAndSelf()).Where(n => n.Kind is "InsertStmt" or "UpdateStmt" or "DeleteStmt"))
            effects.Lock(effects.Need(changed.Node("relation")), LockLevel.RowExclusive);
        var isExpression = statements is [{ Kind: "SelectStmt" } only] && !only.Has("fromClause") && !only.Has("whereClause")
            && !Expressions.IsVolatile(only, effects.Schema);
        return isExpression && routine.Volatility == "volatile" ? routine with { Volatility = "stable" } : routine;
    }

    // A standard SQL body is parsed when it is stored.
    private static void ReadBody(EffectBuilder effects, SqlNode statement)
    {
        if (statement.Node("sql_body") is not { } body)
            return;
        foreach (var relation in QueryEffects.Relations(effects, body))
            effects.Lock(relation, LockLevel.AccessShare);
    }

    private static SqlNode? Option(SqlNode[] options, string name)
    {
        foreach (var option in options)
        {
            if (option.Text("defname") == name)
                return option.Node("arg");
        }

        return null;
    }

    private static bool SetsSearchPath(SqlNode[] options) =>
        options.Any(o => o.Text("defname") == "set" && o.Node("arg")?.Text("name") == "search_path");

    public static void Alter(EffectBuilder effects, SqlNode statement)
    {
        var name = GivenNames.Of(statement.Node("func")?.Names("objname") ?? []);
        effects.Act(ActKind.ReplacesRoutine, new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name));
        effects.Expand(null);
    }

    public static void Drop(EffectBuilder effects, DropRequest drop)
    {
        var name = GivenNames.Of(drop.Names);
        var key = new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
        var isNew = effects.Schema.Routines.TryGetValue(key, out var routine) && routine.IsNew;
        effects.Act(ActKind.DropsRoutine, key, onNew: isNew);
        if (isNew)
            effects.Expand();
        else
            effects.Contract(false);
        if (!effects.Schema.IsComplete || effects.Schema.Extensions.Count > 0)
            effects.MayFail();
        else if (routine is null && !drop.MissingOk)
            effects.FailMissing($"routine {name}", FailureKind.UndefinedFunction);
        // CASCADE is written because something hangs on it: triggers, most often.
        if (drop.Cascade && !effects.Schema.IsComplete && !isNew)
            effects.LockUnseen(LockLevel.AccessExclusive, works: false);
        foreach (var table in effects.Schema.Relations.Where(r => r.Triggers.ContainsValue(name.Name)).ToArray())
        {
            if (!drop.Cascade)
                effects.Fail($"a trigger of {table} calls {name}");
            var calling = table.Triggers.Where(t => t.Value == name.Name).Select(t => t.Key).ToArray();
            TableRuleEffects.LockFor(effects, table, calling, LockLevel.AccessExclusive);
            foreach (var trigger in calling)
                table.Triggers.Remove(trigger);
        }

        effects.Schema.Routines.Remove(key);
    }
}

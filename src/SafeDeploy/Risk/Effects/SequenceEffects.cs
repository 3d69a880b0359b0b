using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Sequences, alone or owned by a column.</summary>
internal static class SequenceEffects
{
    public static void Create(EffectBuilder effects, SqlNode statement)
    {
        if (RelationName.Of(statement.Node("sequence")) is not { } name)
            return;
        effects.Expand();
        if (effects.Schema.Find(name) is { IsAssumed: false } taken)
        {
            if (!statement.Flag("if_not_exists"))
                effects.FailTaken(taken.ToString(), FailureKind.DuplicateTable);
            return;
        }

        var temporary = statement.Node("sequence")?.Text("relpersistence") == "t";
        var key = temporary ? new RelationKey("pg_temp", name.Name) : new RelationKey(name.Schema ?? effects.Schema.SearchPath[0], name.Name);
        Own(effects, statement, effects.Schema.Make(key, RelationKind.Sequence, temporary));
    }

    public static void Alter(EffectBuilder effects, SqlNode statement)
    {
        effects.Expand(null);
        if (effects.Need(statement.Node("sequence"), RelationKind.Sequence, statement.Flag("missing_ok")) is not { } sequence)
            return;
        effects.Lock(sequence, LockLevel.ShareRowExclusive);
        Own(effects, statement, sequence);
    }

    /// <summary>Defaults that take numbers from a dropped sequence go with it, or forbid it.</summary>
    public static void LeaveDefaults(EffectBuilder effects, Relation sequence, bool cascade)
    {
        foreach (var table in effects.Schema.Relations.Where(r => r.Columns.Exists(c => c.Sequence == sequence)).ToArray())
        {
            if (!cascade)
                effects.Fail($"a default of {table} needs {sequence}");
            effects.Lock(table, LockLevel.AccessExclusive);
            effects.Act(ActKind.DropsDefault, table, sequence.Key.Name);
            foreach (var column in table.Columns.Where(c => c.Sequence == sequence))
                (column.Sequence, column.HasDefault) = (null, false);
        }
    }

    /// <summary>The sequence in <c>nextval('name')</c>, which a call locks with ROW EXCLUSIVE; null when there is none.</summary>
    public static Relation? Called(EffectBuilder effects, SqlNode? expression)
    {
        if (expression is not { } node)
            return null;
        foreach (var call in node.DescendantsAndSelf("FuncCall").Where(n => n.LastName("funcname") is "nextval" or "setval"))
        {
            var argument = call.List("args") is [var first, ..] ? first : null;
            while (argument is { Kind: "TypeCast" })
                argument = argument.Node("arg");
            if (argument is { Kind: "A_Const" } && argument.Node("sval")?.Text("sval") is { } name)
                return effects.Schema.Find(GivenNames.Of([.. name.Split('.').Select(p => p.Trim('"'))]));
        }

        return null;
    }

    private static void Own(EffectBuilder effects, SqlNode statement, Relation sequence)
    {
        foreach (var option in statement.List("options").Where(o => o.Text("defname") == "owned_by"))
        {
            var names = option.Node("arg")?.Names("items") ?? [];
            if (sequence.Of is { } owner && owner.Columns.Exists(c => c.IsIdentity && c.Sequence == sequence))
                effects.Fail($"{sequence} is the identity sequence of {owner}");
            sequence.OfColumns.Clear();
            sequence.Of = names.Count > 1 ? effects.Need(GivenNames.Of([.. names.SkipLast(1)])) : null;
            if (sequence.Of is null)
                continue;
            sequence.OfColumns.Add(names[^1]);
            effects.Lock(sequence.Of, LockLevel.AccessShare);
        }
    }
}

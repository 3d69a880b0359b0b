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
                effects.Fail($"{taken} exists already");
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

    private static void Own(EffectBuilder effects, SqlNode statement, Relation sequence)
    {
        foreach (var option in statement.List("options").Where(o => o.Text("defname") == "owned_by"))
        {
            var names = option.Node("arg")?.Names("items") ?? [];
            sequence.OfColumns.Clear();
            sequence.Of = names.Count > 1 ? effects.Need(GivenNames.Of([.. names.SkipLast(1)])) : null;
            if (sequence.Of is null)
                continue;
            sequence.OfColumns.Add(names[^1]);
            effects.Lock(sequence.Of, LockLevel.AccessShare);
        }
    }
}

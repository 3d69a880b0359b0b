using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>What a statement does through the functions and procedures that it calls, where their bodies were seen.</summary>
internal static class RoutineCalls
{
    /// <summary>Plays the bodies; false when something is called that may do anything.</summary>
    public static bool Play(EffectBuilder effects, SqlNode statement)
    {
        var isKnown = true;
        foreach (var call in statement.DescendantsAndSelf("FuncCall").ToArray())
        {
            var names = call.Names("funcname");
            var routine = names.Count == 0 ? null : effects.Schema.RoutineOf(names.Count > 1 ? names[^2] : null, names[^1]);
            isKnown &= routine is { Body.Length: > 0 } ? Play(effects, routine) : DataEffects.IsKnown(call);
        }

        return isKnown;
    }

    private static bool Play(EffectBuilder effects, Routine routine)
    {
        if (!effects.Running.Add(routine))
            return true;
        var isKnown = routine.Language switch
        {
            "plpgsql" => DoEffects.PlayBody(effects, routine.Body),
            "sql" => PlaySql(effects, routine.Body),
            _ => false,
        };
        effects.Running.Remove(routine);
        return isKnown;
    }

    private static bool PlaySql(EffectBuilder effects, string body)
    {
        var isKnown = true;
        foreach (var statement in effects.Parser.Split(body))
        {
            if (effects.Parser.Parse(statement.Text).Tree is { } tree)
                EffectModel.PlayInside(effects, tree);
            else
                isKnown = false;
        }

        return isKnown;
    }
}

using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Looks for static SQL in the body of DO: every statement in it is taken to run once.</summary>
internal sealed class DoEffects(ISqlParser parser, EffectModel model)
{
    private static readonly string[] Beginnings =
    [
        "ALTER", "CREATE", "DROP", "UPDATE", "DELETE", "INSERT", "TRUNCATE", "LOCK", "COMMENT", "GRANT", "REVOKE", "MERGE", "REFRESH", "REINDEX", "CLUSTER",
    ];

    public void Do(EffectBuilder effects, SqlNode statement)
    {
        _ = model;
        var body = statement.List("args").Where(a => a.Text("defname") == "as").Select(a => a.Node("arg")?.Text("sval")).FirstOrDefault() ?? "";
        var clear = true;
        foreach (var (text, isStatic) in Statements(body))
        {
            var parsed = isStatic ? parser.Parse(text) : null;
            if (parsed?.Tree is { } tree)
                EffectModel.PlayInside(effects, tree);
            else
                clear = false;
        }

        if (clear)
            return;
        effects.Act(ActKind.DoesDynamicSql, default(RelationKey));
        effects.Unclear();
    }

    /// <summary>The statements of a PL/pgSQL body; those made at run time are not static.</summary>
    private IEnumerable<(string Text, bool IsStatic)> Statements(string body)
    {
        foreach (var piece in parser.Split(body))
        {
            var scanner = new SqlScanner(piece.Text);
            while (scanner.Next() is { } token)
            {
                if (token.Kind != SqlTokenKind.Word)
                    continue;
                if (scanner.Is(token, "execute"))
                {
                    yield return Constant(piece.Text[token.End..].Trim());
                    break;
                }

                if (scanner.Is(token, "perform") || scanner.Is(token, "call"))
                {
                    yield return ("", false);
                    break;
                }

                if (Array.Exists(Beginnings, b => scanner.Is(token, b)))
                {
                    yield return (piece.Text[token.Start..], true);
                    break;
                }
            }
        }
    }

    // EXECUTE 'text' with nothing joined to it is as good as static.
    private static (string Text, bool IsStatic) Constant(string argument)
    {
        var scanner = new SqlScanner(argument);
        if (scanner.Next() is not { Kind: SqlTokenKind.Text } only || only.Start != 0 || only.End != argument.Length)
            return ("", false);
        if (argument[0] == '\'')
            return (argument[1..^1].Replace("''", "'", StringComparison.Ordinal), true);
        var tag = argument.IndexOf('$', 1) + 1;
        return argument[0] == '$' ? (argument[tag..^tag], true) : ("", false);
    }
}

using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>Looks for static SQL in the body of DO: every statement in it is taken to run once.</summary>
internal static class DoEffects
{
    private static readonly string[] Beginnings =
    [
        "ALTER", "CREATE", "DROP", "UPDATE", "DELETE", "INSERT", "TRUNCATE", "LOCK", "COMMENT", "GRANT", "REVOKE", "MERGE",
        "REFRESH", "REINDEX", "CLUSTER", "SELECT", "WITH", "PERFORM", "EXECUTE", "CALL",
    ];

    // After these words a new statement begins; a query ends at LOOP.
    private static readonly string[] Boundaries = ["BEGIN", "THEN", "ELSE", "LOOP", "IN"];

    public static void Do(EffectBuilder effects, SqlNode statement)
    {
        var body = statement.List("args").Where(a => a.Text("defname") == "as").Select(a => a.Node("arg")?.Text("sval")).FirstOrDefault() ?? "";
        if (PlayBody(effects, body))
            return;
        effects.Act(ActKind.DoesDynamicSql, RelationKey.None);
        effects.Unclear();
    }

    /// <summary>Plays every static statement of a PL/pgSQL body; false when a part of it is made at run time.</summary>
    public static bool PlayBody(EffectBuilder effects, string body)
    {
        var (outside, before) = (effects.IsInRoutine, effects.Outcome);
        effects.IsInRoutine = true;
        var clear = true;
        var blocks = new BodyBlocks(effects);
        foreach (var piece in effects.Parser.Split(body))
        {
            blocks.Enter(piece.Text);
            foreach (var text in Statements(piece.Text))
                clear &= text is not null && blocks.Play(() => Play(effects, text));
            foreach (var text in Conditions(piece.Text))
                Play(effects, text);
        }

        effects.IsInRoutine = outside;
        // What is made at run time may have cleared the way.
        if (!clear && !before.Fails)
            effects.Doubt();
        return clear;
    }

    // IF EXISTS (SELECT …) THEN, n := (SELECT …): queries that stand in an expression.
    private static IEnumerable<string> Conditions(string piece)
    {
        var scanner = new SqlScanner(piece);
        var (start, depth, opened) = (-1, 0, -1);
        while (scanner.Next() is { } token)
        {
            if (start < 0 && opened < 0 && Array.Exists(Beginnings, b => scanner.Is(token, b)))
                yield break;
            if (start < 0 && opened >= 0 && (scanner.Is(token, "SELECT") || scanner.Is(token, "WITH")))
                start = opened;
            opened = -1;
            if (token.Kind != SqlTokenKind.Symbol)
                continue;
            if (scanner.First(token) == '(')
            {
                opened = token.End;
                depth += start < 0 ? 0 : 1;
            }
            else if (scanner.First(token) == ')' && start >= 0 && depth-- == 0)
            {
                yield return piece[start..token.Start];
                (start, depth) = (-1, 0);
            }
        }
    }

    private static bool Play(EffectBuilder effects, string text)
    {
        if (effects.Parser.Parse(text).Tree is not { } tree)
            return false;
        EffectModel.PlayInside(effects, tree);
        return true;
    }

    /// <summary>The static statements in one piece of a PL/pgSQL body; null for one that is made at run time.</summary>
    private static IEnumerable<string?> Statements(string piece)
    {
        var scanner = new SqlScanner(piece);
        var (start, depth, atBoundary) = (-1, 0, true);
        while (scanner.Next() is { } token)
        {
            if (token.Kind == SqlTokenKind.Symbol)
                depth += scanner.First(token) switch { '(' => 1, ')' => -1, _ => 0 };
            if (start >= 0 && depth == 0 && scanner.Is(token, "LOOP"))
            {
                yield return Static(piece[start..token.Start]);
                start = -1;
            }
            else if (start < 0 && depth == 0 && atBoundary && Array.Exists(Beginnings, b => scanner.Is(token, b)))
                start = token.Start;
            atBoundary = Array.Exists(Boundaries, b => scanner.Is(token, b));
        }

        if (start >= 0)
            yield return Static(piece[start..]);
    }

    private static string? Static(string statement)
    {
        var scanner = new SqlScanner(statement);
        if (scanner.Next() is not { } first)
            return null;
        if (scanner.Is(first, "PERFORM"))
            return "SELECT" + statement[first.End..];
        return scanner.Is(first, "EXECUTE") ? Constant(statement[first.End..].Trim()) : statement;
    }

    // EXECUTE 'text' with nothing joined to it is as good as static.
    private static string? Constant(string argument)
    {
        var scanner = new SqlScanner(argument);
        if (scanner.Next() is not { Kind: SqlTokenKind.Text } only || only.Start != 0 || only.End != argument.Length)
            return null;
        if (argument[0] == '\'')
            return argument[1..^1].Replace("''", "'", StringComparison.Ordinal);
        var tag = argument.IndexOf('$', 1) + 1;
        return argument[0] == '$' ? argument[tag..^tag] : null;
    }
}

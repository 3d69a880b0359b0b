using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Effects;

/// <summary>What an expression reads and whether it gives the same value for every row.</summary>
internal static class Expressions
{
    public static bool IsVolatile(SqlNode? expression, SchemaState schema) =>
        expression is { } node && node.DescendantsAndSelf("FuncCall").Any(n => CallIsVolatile(n, schema));

    private static bool CallIsVolatile(SqlNode call, SchemaState schema)
    {
        var names = call.Names("funcname");
        if (names.Count == 0)
            return false;
        var own = names.Count > 1 ? names[^2] : null;
        if (own != "pg_catalog" && schema.RoutineOf(own, names[^1]) is { } routine)
            return routine.Volatility == "volatile";
        return own is not (null or "pg_catalog") || !BuiltInRoutines.IsStable(names[^1]);
    }

    public static bool IsNull(SqlNode? expression) => expression switch
    {
        null => true,
        { Kind: "A_Const" } constant => constant.Flag("isnull"),
        { Kind: "TypeCast" } cast => IsNull(cast.Node("arg")),
        _ => false,
    };

    /// <summary>The last part of every column reference; <c>*</c> for all columns.</summary>
    public static HashSet<string> Columns(SqlNode? expression)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (expression is not { } node)
            return names;
        foreach (var reference in node.DescendantsAndSelf("ColumnRef"))
        {
            if (reference.List("fields") is [.., var last])
                names.Add(last.Is("A_Star") ? "*" : last.Text("sval") ?? "");
        }

        return names;
    }

    /// <summary>The column that is itself the expression, possibly cast; null for anything else.</summary>
    public static string? OnlyColumn(SqlNode? expression)
    {
        for (var node = expression; node is { } current; node = current.Node("arg"))
        {
            if (current.Is("ColumnRef"))
                return current.List("fields") is [.., var last] ? last.Text("sval") : null;
            if (!current.Is("TypeCast"))
                return null;
        }

        return null;
    }

    /// <summary>True when the condition holds only for rows in which the column is not NULL.</summary>
    public static bool ProvesNotNull(SqlNode? condition, string column)
    {
        var open = new Stack<SqlNode>();
        if (condition is { } root)
            open.Push(root);
        while (open.TryPop(out var node))
        {
            if (node.Is("NullTest") && node.Text("nulltesttype") == "IS_NOT_NULL" && OnlyColumn(node.Node("arg")) == column)
                return true;
            if (node.Is("BoolExpr") && node.Text("boolop") == "AND_EXPR")
            {
                foreach (var part in node.List("args"))
                    open.Push(part);
            }
        }

        return false;
    }

    /// <summary>WHERE that keeps nothing out: absent, true, or a comparison of equal constants.</summary>
    public static bool IsAlwaysTrue(SqlNode? condition)
    {
        if (condition is not { } node)
            return true;
        if (node.Is("A_Const"))
            return node.Node("boolval") is { } value && value.Flag("boolval");
        return node.Is("A_Expr") && node.Node("name") is null && node.Names("name") is ["="]
            && node.Node("lexpr") is { Kind: "A_Const" } left && node.Node("rexpr") is { Kind: "A_Const" } right
            && left.Words() == right.Words();
    }
}

namespace SafeDeploy.Risk.Sql;

/// <summary>An upper bound of how deep a statement's parse tree can be, from its tokens alone.</summary>
/// <remarks>
/// The grammar's output functions recurse on the C stack: <c>1+1+1…</c> a hundred thousand times ends the process.
/// Every level of a tree costs at least one token, and items of a comma list are beside each other, not below.
/// </remarks>
public static class SqlDepth
{
    public static int Bound(string statement)
    {
        // Less text than this cannot be deep enough to matter.
        if (statement.Length < 1000)
            return statement.Length / 2;
        var scanner = new SqlScanner(statement);
        var outer = new Stack<int>();
        var (deepest, before, run) = (0, 0, 0);
        while (scanner.Next() is { } token)
        {
            run++;
            deepest = Math.Max(deepest, before + run);
            if (token.Kind != SqlTokenKind.Symbol)
                continue;
            switch (scanner.First(token))
            {
                case '(' or '[':
                    outer.Push(run);
                    before += run;
                    run = 0;
                    break;
                case ')' or ']' when outer.TryPop(out var left):
                    before -= left;
                    run = left + 1;
                    break;
                case ',' or ';':
                    run = 0;
                    break;
            }
        }

        return deepest;
    }
}

namespace SafeDeploy.Risk.Sql;

/// <summary>Session state that a statement leaves behind after COMMIT: on a pooled connection the next tenant meets it.</summary>
internal static class SessionLeak
{
    // parsenodes.h: CURSOR_OPT_HOLD.
    private const int CursorWithHold = 0x0020;

    /// <summary>The thing that leaks in the words of the statement; null when nothing does.</summary>
    public static string? Of(SqlNode statement) => statement.Kind switch
    {
        "VariableSetStmt" => Setting(statement),
        "DiscardStmt" => "DISCARD",
        "ListenStmt" => "LISTEN",
        "UnlistenStmt" => "UNLISTEN",
        "PrepareStmt" => "PREPARE",
        "DeallocateStmt" => "DEALLOCATE",
        "LoadStmt" => "LOAD",
        "DeclareCursorStmt" => (statement.Number("options") & CursorWithHold) != 0 ? "DECLARE … WITH HOLD" : Calls(statement),
        "CreateStmt" => Temporary(statement.Node("relation"), statement.Text("oncommit")) ?? Calls(statement),
        "CreateTableAsStmt" => Temporary(statement.Node("into")?.Node("rel"), statement.Node("into")?.Text("onCommit")) ?? Calls(statement),
        // Stored for later, not called now.
        "DoStmt" or "CreateFunctionStmt" or "ViewStmt" or "RuleStmt" or "CreatePolicyStmt" or "CreateTrigStmt" => null,
        _ => Calls(statement),
    };

    private static string? Setting(SqlNode statement)
    {
        if (statement.Flag("is_local") || statement.Text("name") is "TRANSACTION" or "TRANSACTION SNAPSHOT")
            return null;
        var name = statement.Text("name") ?? "ALL";
        var words = name switch
        {
            "session_authorization" => "SESSION AUTHORIZATION",
            "role" => "ROLE",
            "timezone" => "TIME ZONE",
            _ => name,
        };
        return statement.Text("kind") is "VAR_RESET" or "VAR_RESET_ALL" ? $"RESET {words}" : $"SET {words}";
    }

    private static string? Temporary(SqlNode? relation, string? onCommit) =>
        relation?.Text("relpersistence") == "t" && onCommit != "ONCOMMIT_DROP" ? "CREATE TEMPORARY TABLE" : null;

    private static string? Calls(SqlNode statement) =>
        statement.DescendantsAndSelf("FuncCall").Select(Call).FirstOrDefault(leak => leak is not null);

    private static string? Call(SqlNode call)
    {
        var name = call.Names("funcname");
        if (name.Count == 0 || (name.Count == 2 && name[0] != "pg_catalog"))
            return null;
        return name[^1] switch
        {
            "set_config" when !IsTrue(call.List("args").ElementAtOrDefault(2)) => "set_config(…, false)",
            "pg_advisory_lock" or "pg_advisory_lock_shared" or "pg_try_advisory_lock" or "pg_try_advisory_lock_shared" =>
                $"{name[^1]}()",
            _ => null,
        };
    }

    // Anything but the literal true is taken for false: what is not known to be local leaks.
    private static bool IsTrue(SqlNode? argument) =>
        argument is { Kind: "A_Const" } && argument.Node("boolval") is { } value && value.Flag("boolval");
}

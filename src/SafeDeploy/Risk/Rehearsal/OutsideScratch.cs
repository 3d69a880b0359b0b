using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Rehearsal;

/// <summary>Statements that reach beyond the database in which they run: a rehearsal does not run them.</summary>
public static class OutsideScratch
{
    private static readonly string[] Words = ["SYSTEM", "DATABASE", "TABLESPACE", "SUBSCRIPTION"];

    /// <summary>What it would reach; null for a statement that stays inside.</summary>
    public static string? Reaches(SqlNode statement) => statement.Kind switch
    {
        "CreatedbStmt" or "DropdbStmt" or "AlterDatabaseStmt" or "AlterDatabaseSetStmt" or "AlterDatabaseRefreshCollStmt" => "a database of the server",
        "AlterSystemStmt" => "the server's configuration",
        "CreateTableSpaceStmt" or "DropTableSpaceStmt" or "AlterTableSpaceOptionsStmt" => "a tablespace of the server",
        "AlterRoleStmt" or "AlterRoleSetStmt" or "DropRoleStmt" or "GrantRoleStmt" => "a role of the server",
        "DropOwnedStmt" or "ReassignOwnedStmt" => "all that a role of the server owns",
        "CreateSubscriptionStmt" or "AlterSubscriptionStmt" or "DropSubscriptionStmt" => "another server",
        "CopyStmt" when statement.Flag("is_program") || statement.Has("filename") => "a file of the server",
        "LoadStmt" => "a library of the server",
        "GrantStmt" when statement.Text("objtype") is "OBJECT_DATABASE" or "OBJECT_TABLESPACE" => "a database of the server",
        "CommentStmt" or "SecLabelStmt" when statement.Text("objtype") is "OBJECT_DATABASE" or "OBJECT_ROLE" or "OBJECT_TABLESPACE" => "an object of the server",
        "AlterOwnerStmt" when statement.Text("objectType") is "OBJECT_DATABASE" or "OBJECT_TABLESPACE" => "a database of the server",
        "RenameStmt" when statement.Text("renameType") is "OBJECT_DATABASE" or "OBJECT_ROLE" or "OBJECT_TABLESPACE" => "an object of the server",
        "DoStmt" or "CreateFunctionStmt" when Body(statement) is { } body => InBody(statement.Is("DoStmt"), body),
        _ => null,
    };

    private static string? Body(SqlNode statement) => (statement.Is("DoStmt") ? statement.List("args") : [])
        .Where(a => a.Text("defname") == "as").Select(a => a.Node("arg")?.Text("sval")).FirstOrDefault();

    // ALTER and DROP of what belongs to the server, wherever in the body they stand, strings that EXECUTE may run included.
    private static string? InBody(bool runs, string body)
    {
        var words = runs ? body.Split([' ', '\t', '\n', '\r', '\'', '"', ';', '(', ')', '%'], StringSplitOptions.RemoveEmptyEntries) : [];
        for (var i = 0; i + 1 < words.Length; i++)
        {
            if (Is(words[i], "ALTER", "DROP") && Is(words[i + 1], [.. Words, "ROLE", "USER", "GROUP", "OWNED"]))
                return $"{words[i].ToUpperInvariant()} {words[i + 1].ToUpperInvariant()} in its body: an object of the server";
        }

        return null;
    }

    private static bool Is(string word, params string[] any) => Array.Exists(any, a => a.Equals(word, StringComparison.OrdinalIgnoreCase));
}

namespace SafeDeploy.Risk.Sql;

/// <summary>What a statement does to the transaction that it runs in.</summary>
public enum TransactionControl
{
    None,
    Begin,
    Commit,
    Rollback,
    Savepoint,
    ReleaseSavepoint,
    RollbackToSavepoint,
    TwoPhase,
}

/// <summary>A relation's name as a statement spells it; a null schema means the search_path decides.</summary>
public sealed record RelationName(string? Schema, string Name)
{
    public static RelationName? Of(SqlNode? rangeVar) =>
        rangeVar?.Text("relname") is { } name ? new RelationName(rangeVar.Text("schemaname"), name) : null;

    public override string ToString() => Schema is null ? Name : $"{Schema}.{Name}";
}

/// <summary>The index that CREATE INDEX CONCURRENTLY makes, or may leave invalid behind.</summary>
/// <param name="Index">Null when the server is to choose the name; its schema is the table's.</param>
public sealed record ConcurrentIndex(RelationName? Index, RelationName Table, bool IfNotExists);

/// <summary>What whoever runs a statement must know of it.</summary>
/// <param name="MayRunInTransaction">False when the server refuses it inside a block (SQLSTATE 25001); null when only running it tells.</param>
/// <param name="SessionState">What of it would outlive the transaction and leak into the next one (<c>SET search_path</c>); null when nothing does.</param>
/// <param name="Creates">The index of a CREATE INDEX CONCURRENTLY; null for anything else.</param>
public sealed record TransactionFacts(
    bool? MayRunInTransaction,
    TransactionControl Control,
    string? SessionState,
    ConcurrentIndex? Creates)
{
    /// <summary>A statement that does not parse has unknown facts: the server will refuse it, not we.</summary>
    public static readonly TransactionFacts Unknown = new(null, TransactionControl.None, null, null);

    public static readonly TransactionFacts Ordinary = new(true, TransactionControl.None, null, null);

    public static TransactionFacts For(SqlParseResult parsed) =>
        parsed.Tree is { } tree ? For(tree) : parsed.Error is null ? Ordinary : Unknown;

    public static TransactionFacts For(SqlNode statement) => new(
        OutsideTransactionOnly.MayRunInTransaction(statement),
        ControlOf(statement),
        SessionLeak.Of(statement),
        ConcurrentIndexOf(statement));

    private static ConcurrentIndex? ConcurrentIndexOf(SqlNode statement)
    {
        if (!statement.Is("IndexStmt") || !statement.Flag("concurrent") || RelationName.Of(statement.Node("relation")) is not { } table)
            return null;
        var index = statement.Text("idxname") is { } name ? new RelationName(table.Schema, name) : null;
        return new ConcurrentIndex(index, table, statement.Flag("if_not_exists"));
    }

    private static TransactionControl ControlOf(SqlNode statement) => !statement.Is("TransactionStmt")
        ? TransactionControl.None
        : statement.Text("kind") switch
        {
            "TRANS_STMT_BEGIN" or "TRANS_STMT_START" => TransactionControl.Begin,
            "TRANS_STMT_COMMIT" => TransactionControl.Commit,
            "TRANS_STMT_ROLLBACK" => TransactionControl.Rollback,
            "TRANS_STMT_SAVEPOINT" => TransactionControl.Savepoint,
            "TRANS_STMT_RELEASE" => TransactionControl.ReleaseSavepoint,
            "TRANS_STMT_ROLLBACK_TO" => TransactionControl.RollbackToSavepoint,
            _ => TransactionControl.TwoPhase,
        };
}

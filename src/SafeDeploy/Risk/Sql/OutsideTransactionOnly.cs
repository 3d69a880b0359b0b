namespace SafeDeploy.Risk.Sql;

/// <summary>Statements that the server refuses inside a transaction block.</summary>
/// <remarks>Source: the callers of PreventInTransactionBlock, and each statement's page in the manual.</remarks>
internal static class OutsideTransactionOnly
{
    public static bool? MayRunInTransaction(SqlNode statement) => statement.Kind switch
    {
        "IndexStmt" or "DropStmt" => !statement.Flag("concurrent"),
        "ReindexStmt" => !Reindex(statement),
        "VacuumStmt" => !statement.Flag("is_vacuumcmd"),
        "ClusterStmt" => statement.Has("relation"),
        "CreatedbStmt" or "DropdbStmt" or "CreateTableSpaceStmt" or "DropTableSpaceStmt" or "AlterSystemStmt" => false,
        "AlterDatabaseStmt" => !statement.List("options").Any(o => o.Text("defname") == "tablespace"),
        "AlterTableStmt" => !statement.List("cmds").Any(DetachesConcurrently),
        "CreateSubscriptionStmt" => !CreatesSlot(statement),
        // Without a slot it may; whether it has one only the server knows.
        "DropSubscriptionStmt" => null,
        "AlterSubscriptionStmt" => statement.Text("kind") is "ALTER_SUBSCRIPTION_REFRESH" ? false : null,
        "DiscardStmt" => statement.Text("target") != "DISCARD_ALL",
        // A procedure may commit, and then must not be called inside a block.
        "CallStmt" => null,
        _ => true,
    };

    // A concurrent one always; a whole schema or database because it commits table by table; a partitioned table
    // or index too, which the text does not show.
    private static bool Reindex(SqlNode statement) =>
        statement.List("params").Any(p => p.Text("defname") == "concurrently" && Switch(p))
        || statement.Text("kind") is "REINDEX_OBJECT_SCHEMA" or "REINDEX_OBJECT_SYSTEM" or "REINDEX_OBJECT_DATABASE";

    private static bool DetachesConcurrently(SqlNode command) =>
        command.Text("subtype") == "AT_DetachPartition" && command.Node("def") is { } partition && partition.Flag("concurrent");

    private static bool CreatesSlot(SqlNode statement) =>
        statement.List("options").Where(o => o.Text("defname") is "create_slot" or "connect").All(Switch);

    /// <summary>An option without a value is on; the words for off are those of defGetBoolean.</summary>
    internal static bool Switch(SqlNode option)
    {
        if (option.Node("arg") is not { } value)
            return true;
        var off = value.Text("sval") is { } word
            && (word.Equals("false", StringComparison.OrdinalIgnoreCase) || word.Equals("off", StringComparison.OrdinalIgnoreCase));
        return !off && !(value.Is("Integer") && value.Number("ival") == 0) && !(value.Is("Boolean") && !value.Flag("boolval"));
    }
}

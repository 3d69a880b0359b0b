using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Runs one statement outside a transaction, on a session of its own, so that it can be repeated.</summary>
internal sealed class BareStatement(FencedConnection session, ScopeMove move, SqlFilesOptions options, LockWatch watch) : IAsyncDisposable
{
    private const string SettingsText =
        "select pg_catalog.set_config('lock_timeout', $1, false), pg_catalog.set_config('statement_timeout', $2, false), pg_catalog.set_config('search_path', $3, false)";

    // What the transaction's guard sees in its locks is asked beforehand here: there is no COMMIT to withhold.
    private const string InsideText =
        """
        select safe_deploy.inside_1(n.nspname, coalesce(t.relname, c.relname), $2, $3)
        from unnest($1) r(name) join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(r.name)
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        left join pg_catalog.pg_index i on i.indexrelid = c.oid left join pg_catalog.pg_class t on t.oid = i.indrelid
        """;

    private const string IndexText =
        """
        select n.nspname, coalesce(i.indisvalid and i.indisready, true), coalesce(i.indrelid = t.oid, false),
               exists (select from pg_catalog.pg_stat_progress_create_index b where b.index_relid = c.oid)
        from pg_catalog.pg_class t join pg_catalog.pg_namespace n on n.oid = t.relnamespace
        join pg_catalog.pg_class c on c.relnamespace = t.relnamespace and c.relname = $2
        left join pg_catalog.pg_index i on i.indexrelid = c.oid where t.oid = pg_catalog.to_regclass($1)
        """;

    private sealed record FoundIndex(string Schema, bool Valid, bool OfTable, bool IsBeingBuilt);

    /// <param name="begunBefore">An interrupted run began it: what it wanted to remove may be gone already.</param>
    /// <returns>Null when it is done.</returns>
    public async Task<AttemptFailure?> RunAsync(PlacedStatement statement, bool begunBefore)
    {
        try
        {
            await SettingsAsync(IsConcurrent(statement) ? TimeSpan.Zero : options.Limits.LockTimeout);
            await InsideAsync(statement);
            if (statement.Facts.Creates is { } index)
                return await CreateIndexAsync(statement, index);
            return begunBefore && await IsGoneAsync(statement) ? null : await ExecuteAsync(statement);
        }
        catch (NpgsqlException failure)
        {
            return new AttemptFailure(Failures.KindOf(failure), failure, statement, null);
        }
    }

    /// <summary>Drops what an interrupted CREATE INDEX CONCURRENTLY left (sql-createindex, "Building Indexes Concurrently").</summary>
    public async Task RemoveInvalidAsync(ConcurrentIndex index)
    {
        await SettingsAsync(TimeSpan.Zero);
        if (await FindAsync(index) is { Valid: false, IsBeingBuilt: false } left)
            await DropAsync(left.Schema, index.Index!.Name);
    }

    public async ValueTask DisposeAsync()
    {
        if (session.Connection.FullState != System.Data.ConnectionState.Open)
            return;
        try
        {
            await using var reset = LedgerSql.Command(session.Connection, SettingsText, LedgerSql.Text("0"), LedgerSql.Text("0"), LedgerSql.Text("pg_catalog"));
            await reset.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The caller closes the session in any case.
        }
    }

    private async Task<AttemptFailure?> CreateIndexAsync(PlacedStatement statement, ConcurrentIndex index)
    {
        var found = await FindAsync(index);
        if (found is { IsBeingBuilt: true })
            return new AttemptFailure(FailureKind.LockNotGranted, new TimeoutException("another session builds this index"), statement, null);
        if (found is { Valid: false })
            await DropAsync(found.Schema, index.Index!.Name);
        else if (found is { OfTable: true })
            return null;
        var failure = await ExecuteAsync(statement);
        // A unique violation or a timeout leaves an index that slows every write and serves nobody.
        if (failure is { Kind: not FailureKind.ConnectionLost } && await FindAsync(index) is { Valid: false, IsBeingBuilt: false } left)
            await DropAsync(left.Schema, index.Index!.Name);
        return failure;
    }

    private async Task<AttemptFailure?> ExecuteAsync(PlacedStatement statement)
    {
        await using var batch = new MoveBatch(session.Connection).Add([statement]);
        return await WatchedBatch.RunAsync(session, move, batch, watch, options.Limits.LockTimeout);
    }

    private async Task SettingsAsync(TimeSpan lockTimeout)
    {
        await using var command = LedgerSql.Command(
            session.Connection, SettingsText, LedgerSql.Text(MoveCommands.Milliseconds(lockTimeout)),
            LedgerSql.Text(MoveCommands.Milliseconds(options.Limits.StatementTimeout)), LedgerSql.Text(MoveCommands.SearchPath(move.Scope)));
        await command.ExecuteNonQueryAsync(move.Work.Force);
    }

    private async Task InsideAsync(PlacedStatement statement)
    {
        if (move.Scope is Scope.Public)
            return;
        await using var command = LedgerSql.Command(
            session.Connection, InsideText, MoveCommands.Texts(Relations(statement)), LedgerSql.Text(move.Scope.Schema), MoveCommands.Texts(options.Shared));
        await command.ExecuteNonQueryAsync(move.Work.Force);
    }

    private async Task<FoundIndex?> FindAsync(ConcurrentIndex index)
    {
        await using var command = LedgerSql.Command(
            session.Connection, IndexText, LedgerSql.Text(Quoted(index.Table)), LedgerSql.Text(index.Index!.Name));
        await using var row = await command.ExecuteReaderAsync(move.Work.Force);
        return await row.ReadAsync(move.Work.Force) ? new FoundIndex(row.GetString(0), row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3)) : null;
    }

    private async Task DropAsync(string schema, string index)
    {
        var (inSchema, name) = (QuotedName.TryParse(schema, out _), QuotedName.TryParse(index, out _));
        if (inSchema is null || name is null)
            return;
        await using var drop = LedgerSql.Command(session.Connection, $"drop index concurrently if exists {inSchema.Sql}.{name.Sql}");
        drop.CommandTimeout = 0;
        await drop.ExecuteNonQueryAsync(move.Work.Force);
    }

    /// <summary>A DROP INDEX CONCURRENTLY whose index is no longer there.</summary>
    private async Task<bool> IsGoneAsync(PlacedStatement statement)
    {
        if (statement.Tree is not { Kind: "DropStmt" })
            return false;
        await using var command = LedgerSql.Command(
            session.Connection, "select count(*) from unnest($1) r(name) where pg_catalog.to_regclass(r.name) is not null", MoveCommands.Texts(Relations(statement)));
        return await command.ExecuteScalarAsync(move.Work.Force) is 0L;
    }

    // Waiting for SHARE UPDATE EXCLUSIVE stops no reader and no writer behind it (explicit-locking); only statement_timeout bounds it.
    private static bool IsConcurrent(PlacedStatement statement) => statement.Tree is { Kind: "IndexStmt" or "DropStmt" or "ReindexStmt" or "AlterTableStmt" };

    private static ImmutableArray<string> Relations(PlacedStatement statement) => statement.Tree is { } tree
        ?
        [
            .. tree.DescendantsAndSelf("RangeVar").Select(node => RelationName.Of(node)).OfType<RelationName>().Select(Quoted),
            .. tree.Is("DropStmt") ? tree.List("objects").Select(node => string.Join('.', node.Names("items").Select(Quoted))) : [],
        ]
        : [];

    private static string Quoted(RelationName name) => name.Schema is null ? Quoted(name.Name) : $"{Quoted(name.Schema)}.{Quoted(name.Name)}";

    // A parameter of to_regclass, not SQL text of ours.
    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

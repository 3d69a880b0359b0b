using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Lets two databases change names: in one transaction, while nobody is connected to either.</summary>
/// <remarks>
/// ALTER DATABASE … RENAME may stand in a transaction (sql-alterdatabase; only TABLESPACE may not), takes the database's lock, and then
/// waits five seconds for its sessions to go. A session that wants in meanwhile waits for that lock, so nobody comes back who was ended.
/// </remarks>
internal sealed class DatabaseNames(NpgsqlConnectionStringBuilder server, QuotedName live, QuotedName restored, QuotedName kept, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private const string OfBoth = "select d.oid::bigint from pg_database d where d.datname in ($1, $2)";

    private const string EndThem = """
        select a.pid, coalesce(a.usename::text, ''), a.application_name, pg_terminate_backend(a.pid) from pg_stat_activity a
        where a.datid::bigint = any($1) and a.pid <> pg_backend_pid() and a.backend_type in ('client backend', 'walsender', 'logical replication worker', 'background worker')
            and ((select r.rolsuper from pg_roles r where r.rolname = current_user)
                or ((pg_has_role(current_user, a.usesysid, 'USAGE') or pg_has_role(current_user, 'pg_signal_backend', 'USAGE'))
                    and not (select r.rolsuper from pg_roles r where r.oid = a.usesysid)))
        """;

    private const string WhoStays = """
        select string_agg(format('pid %s (%s, role %s)', a.pid, a.application_name, a.usename), ', ' order by a.pid) from pg_stat_activity a where a.datid::bigint = any($1)
        """;

    /// <summary>The live one is kept under another name and takes no sessions any more; the restored one is the live one.</summary>
    /// <param name="carried">Statements that give the new live database rights and settings of the former.</param>
    /// <param name="comment">On the kept one, for whoever finds it.</param>
    public async Task SwapAsync(ImmutableArray<string> carried, string comment, TimeSpan patience, CancellationToken cancellation)
    {
        await using var source = await MaintenanceAsync(cancellation);
        var both = await BothAsync(source, cancellation);
        ImmutableArray<string> statements =
        [
            $"alter database {live.Sql} rename to {kept.Sql}", $"alter database {restored.Sql} rename to {live.Sql}", .. carried,
            $"comment on database {kept.Sql} is {ScratchDatabase.Literal(comment)}", $"alter database {kept.Sql} allow_connections false",
        ];
        var since = clock.GetTimestamp();
        while (!await TryAsync(source, both, statements, cancellation))
        {
            if (clock.GetElapsedTime(since) > patience)
                throw new ProblemException(RestoreProblems.Connected(live.Value, await WhoAsync(source, both, cancellation)));
            await Task.Delay(Pause, clock, cancellation);
        }
    }

    /// <returns>False when somebody was still connected.</returns>
    private async Task<bool> TryAsync(NpgsqlDataSource source, long[] both, ImmutableArray<string> statements, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            foreach (var statement in statements.Prepend("set local lock_timeout = '10s'"))
            {
                await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 60 };
                var work = command.ExecuteNonQueryAsync(cancellation);
                await EndThemAsync(source, both, work, cancellation);
                await work;
            }

            // From here on the names change or they do not; giving up waiting would not tell which.
            await transaction.CommitAsync(CancellationToken.None);
            return true;
        }
        catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.ObjectInUse or PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // An earlier try whose answer was lost came through after all.
            return await IsDoneAsync(source, taken);
        }
        catch (PostgresException refused) when (!PostgresLedgerFailures.IsConnectionLoss(refused))
        {
            throw new ProblemException(RestoreProblems.Refused(live.Value, $"{refused.MessageText}   SQLSTATE {refused.SqlState}"), refused);
        }
        catch (NpgsqlException lost)
        {
            return await IsDoneAsync(source, lost);
        }
    }

    /// <summary>Ends sessions again and again until the statement that waits for them is over.</summary>
    private async Task EndThemAsync(NpgsqlDataSource source, long[] both, Task work, CancellationToken cancellation)
    {
        while (await Task.WhenAny(work, Task.Delay(Pause, clock, cancellation)) != work)
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await using var end = new NpgsqlCommand(EndThem, connection) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = both } } };
            await end.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>The connection was lost at the commit: the server is asked which name the restored one has.</summary>
    private async Task<bool> IsDoneAsync(NpgsqlDataSource source, NpgsqlException lost)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
                await using var command = LedgerSql.Command(connection, "select exists (select from pg_database d where d.datname = $1)", LedgerSql.Text(kept.Value));
                return await command.ExecuteScalarAsync(CancellationToken.None) is true;
            }
            catch (NpgsqlException) when (clock.GetElapsedTime(since) < AnswerWithin)
            {
                await Task.Delay(Pause, clock, CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                throw new ProblemException(RestoreProblems.Unknown(live.Value, kept.Value, lost.Message), lost);
            }
        }
    }

    private async Task<long[]> BothAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var command = LedgerSql.Command(connection, OfBoth, LedgerSql.Text(live.Value), LedgerSql.Text(restored.Value));
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = new List<long>();
        while (await rows.ReadAsync(cancellation))
            found.Add(rows.GetInt64(0));
        return found.Count == 2
            ? [.. found]
            : throw new ProblemException(RestoreProblems.Refused(live.Value, $"database \"{restored.Value}\" is not there any more"));
    }

    private static async Task<string> WhoAsync(NpgsqlDataSource source, long[] both, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(WhoStays, connection) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = both } } };
        return await command.ExecuteScalarAsync(cancellation) as string ?? "none is left now";
    }

    /// <summary>A database can not be renamed by its own sessions: <c>postgres</c>, or where that is missing or the very one, <c>template1</c>.</summary>
    private async Task<NpgsqlDataSource> MaintenanceAsync(CancellationToken cancellation)
    {
        NpgsqlException? refused = null;
        foreach (var name in new[] { "postgres", "template1" }.Where(n => n != live.Value))
        {
            var source = PostgresUrl.DataSource(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }, "safe-deploy/restore");
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellation);
                return source;
            }
            catch (NpgsqlException failure)
            {
                refused = failure;
                await source.DisposeAsync();
            }
        }

        throw new ProblemException(RestoreProblems.Refused(
            live.Value, string.Create(CultureInfo.InvariantCulture, $"this user can connect to neither database \"postgres\" nor \"template1\": {refused!.Message}")), refused);
    }
}

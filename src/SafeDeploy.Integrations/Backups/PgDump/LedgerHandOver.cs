using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Brings the live ledger into a restored database, where it goes on: a ledger is never restored, and what it says of the schemas is the set's.</summary>
internal sealed class LedgerHandOver(BackupManifest manifest, NpgsqlConnectionStringBuilder from, NpgsqlConnectionStringBuilder to, ICommandRunner runner, PgDumpOptions options)
{
    // A process that took over while the databases change names knows a few epochs more than we do; none of them passes the fence.
    private const int Further = 100;

    private const string Kept = """
        create table if not exists safe_deploy.kept_database (
            name text primary key, set_name text not null, deployment text not null,
            kept_at timestamptz not null default clock_timestamp(), expires_at timestamptz not null)
        """;

    // Sessions are of the other database; what restored tenants were before stays in it and goes with it.
    private static readonly ImmutableArray<string> LeftBehind = ["session", "kept_schema", "progress", "migration"];

    private const string Raise = """
        update safe_deploy.environment e set epoch = e.epoch + $1
        """;

    private const string End = """
        update safe_deploy.environment e set concluded = true, parked_until = null where e.name = $1 returning e.epoch
        """;

    private const string History = """
        insert into safe_deploy.migration (scope, version, name, checksum, script, deployment, applied_at)
        select $1, m.* from unnest($2, $3, $4, $5, $6, $7) m
        """;

    /// <returns>The environment's epoch in the restored database.</returns>
    public async Task<int> RunAsync(DatabaseSwapCall call, DateTimeOffset keptUntil, ImmutableArray<LedgerFact> end, CancellationToken cancellation)
    {
        await CopyAsync(cancellation);
        await using var source = PostgresUrl.DataSource(to, "safe-deploy/restore");
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var table in LeftBehind)
            await ForgetAsync(connection, table, cancellation);
        foreach (var histories in manifest.Histories)
            foreach (var schema in histories.Scopes)
                await HistoryAsync(connection, schema, histories.Migrations, cancellation);
        await ExecuteAsync(connection, Raise, cancellation, LedgerSql.Integer(Further));
        await using var raise = LedgerSql.Command(connection, End, LedgerSql.Text(call.Environment));
        var epoch = (int)(await raise.ExecuteScalarAsync(cancellation))!;
        await ExecuteAsync(connection, Kept, cancellation);
        await ExecuteAsync(
            connection, "insert into safe_deploy.kept_database (name, set_name, deployment, expires_at) values ($1, $2, $3, $4)", cancellation,
            LedgerSql.Text(call.Prepared.KeptName), LedgerSql.Text(manifest.Set), LedgerSql.Text(call.Deployment.Value), LedgerSql.Instant(keptUntil));
        await using (var facts = new NpgsqlBatch(connection))
        {
            foreach (var fact in end)
                facts.BatchCommands.Add(LedgerSql.Entry(Guid.NewGuid(), call.Deployment, epoch, fact is LedgerFact.Concluded ? null : StepName.Restore, fact));
            await facts.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return epoch;
    }

    /// <summary>By the client tools: owners, grants and whatever a newer layout has come along.</summary>
    private async Task CopyAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("safe-deploy-restore-");
        try
        {
            var archive = Path.Combine(folder.FullName, "ledger.dump");
            await ToolAsync(PgDumpCommands.Ledger(options.Tool("pg_dump"), archive), from, cancellation);
            await ToolAsync(PgDumpCommands.RestoreAll(options.Tool("pg_restore"), archive), to, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task ToolAsync(ImmutableArray<string> arguments, NpgsqlConnectionStringBuilder server, CancellationToken cancellation)
    {
        var result = await runner.RunAsync(PgDumpCommands.Call(arguments, server), cancellation);
        if (result.ExitCode != 0)
            throw new ProblemException(RestoreProblems.Refused(from.Database!, $"the ledger could not be carried over: {result.Error.Trim()}"));
    }

    private async Task HistoryAsync(NpgsqlConnection connection, string schema, ImmutableArray<AppliedRow> rows, CancellationToken cancellation)
    {
        var times = manifest.Scopes[schema].AppliedAt.Select(t => t.UtcDateTime).ToArray();
        await ExecuteAsync(
            connection, History, cancellation, LedgerSql.Text(schema), Texts(rows.Select(r => r.Version)), Texts(rows.Select(r => r.Name)), Texts(rows.Select(r => r.Checksum)),
            Texts(rows.Select(r => r.Script)), Texts(rows.Select(r => r.Deployment)),
            new NpgsqlParameter<DateTime[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz, TypedValue = times });
    }

    private static NpgsqlParameter Texts(IEnumerable<string?> values) =>
        new NpgsqlParameter<string?[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, TypedValue = [.. values] };

    /// <param name="table">One of <see cref="LeftBehind"/>; a ledger that never needed it has none.</param>
    private static async Task ForgetAsync(NpgsqlConnection connection, string table, CancellationToken cancellation)
    {
        await using var there = LedgerSql.Command(connection, "select to_regclass($1) is not null", LedgerSql.Text($"safe_deploy.{table}"));
        if (await there.ExecuteScalarAsync(cancellation) is true)
            await ExecuteAsync(connection, $"delete from safe_deploy.{table}", cancellation);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation, params NpgsqlParameter[] parameters)
    {
        await using var command = LedgerSql.Command(connection, sql, parameters);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>The one transaction in which a tenant becomes what it was: gate, safety backup, swap, proof, history.</summary>
/// <param name="scripts">The archive's definitions, rows and constraints as SQL text, in this order.</param>
internal sealed class TenantSwap(
    TenantRestoreCall call, BackupManifest manifest, (string Before, string Rows, string After) scripts, FencedConnections fenced, TimeProvider clock)
{
    private const int LongestName = 63;

    private const string Settings = """
        select set_config('lock_timeout', $1, true), set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true),
            set_config('client_min_messages', 'warning', true)
        """;

    private const string Tables = """
        select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p') order by c.oid
        """;

    private const string Kept = """
        create table if not exists safe_deploy.kept_schema (
            name text primary key, scope text not null, set_name text not null, deployment text not null,
            kept_at timestamptz not null default clock_timestamp(), expires_at timestamptz not null)
        """;

    private readonly Scope _scope = call.Scope;

    private ScopeFacts Facts => manifest.Scopes[_scope.Schema];

    /// <summary>Does it all in a transaction on the session; what fails is rolled back with it.</summary>
    public async Task<RestoredTenant> RunAsync(FencedConnection session, CancellationToken cancellation)
    {
        var connection = session.Connection;
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, Settings, cancellation, LedgerSql.Text(((long)call.Limits.Lock.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)));
        await ExecuteAsync(connection, LedgerSql.FenceText, cancellation, LedgerSql.Text(fenced.Environment), LedgerSql.Integer(fenced.Epoch));
        var exists = await GateAsync(connection, cancellation);
        if (await TenantDependents.ReadAsync(connection, _scope, cancellation) is { IsEmpty: false } dependents)
            throw new ProblemException(RestoreProblems.Depends(_scope.Schema, dependents));
        // Another environment may deploy to the same tenant; what it moves is its own until it has ended.
        if (await DatabaseFacts.WorkingOnAsync(connection, fenced.Environment, _scope.Schema, cancellation) is { IsEmpty: false } others)
            throw new ProblemException(RestoreProblems.OccupiedTenant(_scope.Schema, others));
        var safety = exists ? await call.SafetyBackup(cancellation) : null;
        var old = exists ? await MoveAwayAsync(connection, cancellation) : null;
        await MakeAsync(connection, cancellation);
        var found = await ProveAsync(connection, cancellation);
        await ExecuteAsync(connection, "select set_config('search_path', 'pg_catalog', true)", cancellation);
        await HistoryAsync(connection, cancellation);
        var note = new LedgerFact.Noted("restored", $"{_scope.Schema} from {manifest.Set}: {found}{(old is null ? "" : $"; as it was: {old.Value}")}");
        await using (var entry = new NpgsqlBatch(connection) { BatchCommands = { fenced.Entry(Guid.NewGuid(), StepName.Restore, note) } })
            await entry.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return new RestoredTenant(_scope.Schema, old?.Value, found, safety, manifest.Versions.GetValueOrDefault(_scope.Schema));
    }

    /// <summary>
    /// EXCLUSIVE keeps every writer out (explicit-locking) and lets the safety backup and readers in, which ACCESS EXCLUSIVE would not.
    /// A writer that waits meanwhile looks its table up again when it gets its turn, and finds the restored one.
    /// </summary>
    /// <returns>Whether the tenant exists.</returns>
    private async Task<bool> GateAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var tables = new List<string>();
        await using (var command = LedgerSql.Command(connection, Tables, LedgerSql.Text(_scope.Schema)))
        await using (var rows = await command.ExecuteReaderAsync(cancellation))
            while (await rows.ReadAsync(cancellation))
                tables.Add($"{_scope.Sql}.{Quoted(rows.GetString(0)).Sql}");
        if (tables.Count > 0)
            await ExecuteAsync(connection, $"lock table {string.Join(", ", tables)} in exclusive mode", cancellation);
        await using var there = LedgerSql.Command(connection, "select exists (select from pg_namespace n where n.nspname = $1)", LedgerSql.Text(_scope.Schema));
        return await there.ExecuteScalarAsync(cancellation) is true;
    }

    private async Task<QuotedName> MoveAwayAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var old = OldName(_scope.Schema, clock.GetUtcNow());
        await ExecuteAsync(connection, $"alter schema {_scope.Sql} rename to {old.Sql}", cancellation);
        await ExecuteAsync(connection, Kept, cancellation);
        await ExecuteAsync(
            connection, "insert into safe_deploy.kept_schema (name, scope, set_name, deployment, expires_at) values ($1, $2, $3, $4, $5)", cancellation,
            LedgerSql.Text(old.Value), LedgerSql.Text(_scope.Schema), LedgerSql.Text(manifest.Set), LedgerSql.Text(fenced.Deployment.Value),
            LedgerSql.Instant(clock.GetUtcNow() + call.KeepFor));
        return old;
    }

    private async Task MakeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, $"create schema {_scope.Sql} authorization {Quoted(Facts.Owner).Sql}", cancellation);
        foreach (var grant in Facts.Grants)
            await ExecuteAsync(connection, Grant(grant), cancellation);
        await RestoreScript.DefineAsync(connection, scripts.Before, cancellation);
        await RestoreScript.FillAsync(connection, scripts.Rows, cancellation);
        await RestoreScript.DefineAsync(connection, scripts.After, cancellation);
    }

    private string Grant(GrantFact grant)
    {
        // The two privileges that a schema has (ddl-priv); anything else in a manifest is not ours to run.
        var privilege = grant.Privilege is "USAGE" or "CREATE" ? grant.Privilege : throw new ProblemException(PgDumpProblems.DamagedPart(manifest.Set, "manifest.json", "names a privilege that no schema has"));
        var grantee = grant.Grantee.Length == 0 ? "public" : Quoted(grant.Grantee).Sql;
        return $"grant {privilege} on schema {_scope.Sql} to {grantee}{(grant.Grantable ? " with grant option" : "")}";
    }

    /// <summary>Before the commit: a tenant that is not what was backed up never becomes visible.</summary>
    private async Task<string> ProveAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await PostgresDatabaseReader.CanonicalAsync(connection, cancellation);
        var data = await DataFingerprints.OnAsync(connection, _scope, cancellation);
        var isSameMajor = connection.PostgreSqlVersion.Major == manifest.ServerVersion / 10000;
        var structure = (await Fingerprints.OnAsync(connection, [_scope.Schema], cancellation)).FirstOrDefault().Value;
        return data == Facts.Data && (!isSameMajor || structure == Facts.Structure)
            ? data
            : throw new ProblemException(RestoreProblems.Different(_scope.Schema, Facts.Data, data));
    }

    /// <summary>The tenant's version is the set's from the same moment on.</summary>
    private async Task HistoryAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (!await IsThereAsync(connection, "safe_deploy.migration", cancellation))
            return;
        await ExecuteAsync(connection, "delete from safe_deploy.migration where scope = $1", cancellation, LedgerSql.Text(_scope.Schema));
        if (await IsThereAsync(connection, "safe_deploy.progress", cancellation))
            await ExecuteAsync(connection, "delete from safe_deploy.progress where scope = $1", cancellation, LedgerSql.Text(_scope.Schema));
        var history = manifest.Histories.FirstOrDefault(h => h.Scopes.Contains(_scope.Schema))?.Migrations ?? [];
        for (var i = 0; i < history.Length; i++)
            await ExecuteAsync(
                connection, "insert into safe_deploy.migration (scope, version, name, checksum, script, deployment, applied_at) values ($1, $2, $3, $4, $5, $6, $7)", cancellation,
                LedgerSql.Text(_scope.Schema), LedgerSql.Text(history[i].Version), LedgerSql.Text(history[i].Name), LedgerSql.Text(history[i].Checksum),
                LedgerSql.Text(history[i].Script), LedgerSql.Text(history[i].Deployment), LedgerSql.Instant(Facts.AppliedAt[i]));
    }

    private static async Task<bool> IsThereAsync(NpgsqlConnection connection, string table, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, "select to_regclass($1) is not null", LedgerSql.Text(table));
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>A name that is nobody's tenant, cut where it would be too long.</summary>
    public static QuotedName OldName(string schema, DateTimeOffset at)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{TenantSchema.KeptPrefix}{at.UtcDateTime:yyyyMMddHHmmss}_");
        var name = new StringBuilder(prefix);
        var bytes = prefix.Length;
        foreach (var rune in schema.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > LongestName)
                break;
            name.Append(rune);
        }

        return Quoted(name.ToString());
    }

    private static QuotedName Quoted(string name) => QuotedName.TryParse(name, out var why) ?? throw new FormatException(why);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation, params NpgsqlParameter[] parameters)
    {
        await using var command = LedgerSql.Command(connection, sql, parameters);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

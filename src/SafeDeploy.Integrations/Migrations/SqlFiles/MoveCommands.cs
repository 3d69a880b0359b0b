using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Our own statements around a migration's; all values are parameters.</summary>
internal static class MoveCommands
{
    // Left to right (sql-expressions-eval): the limits hold for the fence already, and the fence's names do not depend on the tenant's path.
    private const string SettingsText =
        """
        select pg_catalog.set_config('lock_timeout', $1, true), pg_catalog.set_config('statement_timeout', $2, true),
               safe_deploy.fence($3, $4), pg_catalog.set_config('search_path', $5, true)
        """;

    private const string RememberText = "insert into safe_deploy.migration (scope, version, name, checksum, script, deployment) values ($1, $2, $3, $4, $5, $6)";
    private const string ForgetText = "select safe_deploy.forget_1($1, $2)";
    private const string GuardText = "select safe_deploy.guard_3($1, $2)";
    private const string AdvanceText = "select safe_deploy.advance_1($1, $2, $3, $4, $5, $6)";
    private const string CloseText = "delete from safe_deploy.progress p where p.scope = $1 and p.version = $2";

    // A rollback takes over what an interrupted way forward left.
    private const string OpenText =
        """
        insert into safe_deploy.progress as p (scope, version, direction, segment, begun, name, checksum, script, deployment)
        values ($1, $2, $3, 0, false, $4, $5, $6, $7)
        on conflict (scope, version) do update set direction = excluded.direction, segment = 0, begun = false
        where p.direction = 'forward' and excluded.direction = 'rollback'
        """;

    // Another deployment begun it; this one ends it.
    private const string AdoptText = "update safe_deploy.progress p set deployment = $3 where p.scope = $1 and p.version = $2";

    // The transaction's own time, known only on the server before it commits.
    private const string EntryText =
        """
        insert into safe_deploy.entry (deployment, epoch, step, kind, fact)
        select $1, $2, $3, f ->> 'fact', jsonb_set(f, '{durationMs}',
            to_jsonb((extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000)::bigint)) from (select $4::jsonb as f) as given
        """;

    public static NpgsqlBatchCommand Begin() => new("begin isolation level read committed read write");

    public static NpgsqlBatchCommand Commit() => new("commit");

    /// <summary>What a deferred constraint or trigger still does is done before the locks are looked at.</summary>
    public static NpgsqlBatchCommand DeferredNow() => new("set constraints all immediate");

    public static NpgsqlBatchCommand Before() => new(MigrationSchema.Before);

    public static NpgsqlBatchCommand Settings(FencedConnections fenced, MigrationLimits limits, Scope scope) => LedgerSql.With(
        new NpgsqlBatchCommand(SettingsText),
        LedgerSql.Text(Milliseconds(limits.LockTimeout)), LedgerSql.Text(Milliseconds(limits.StatementTimeout)),
        LedgerSql.Text(fenced.Environment), LedgerSql.Integer(fenced.Epoch), LedgerSql.Text(SearchPath(scope)));

    public static NpgsqlBatchCommand Remember(ScopeMove move) => LedgerSql.With(
        new NpgsqlBatchCommand(RememberText), LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text),
        LedgerSql.Text(move.Migration.Name), LedgerSql.Text(move.Migration.Checksum), LedgerSql.Text(move.Migration.ScriptId),
        LedgerSql.Text(move.Work.Hold.Deployment.Value));

    public static NpgsqlBatchCommand Forget(ScopeMove move) => LedgerSql.With(
        new NpgsqlBatchCommand(ForgetText), LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text));

    public static NpgsqlBatchCommand Guard(Scope scope, ImmutableArray<string> shared) => LedgerSql.With(
        new NpgsqlBatchCommand(GuardText), LedgerSql.Text(scope.Schema), Texts(shared));

    public static NpgsqlBatchCommand Open(ScopeMove move) => LedgerSql.With(
        new NpgsqlBatchCommand(OpenText), LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text),
        LedgerSql.Text(Word(move.Direction)), LedgerSql.Text(move.Migration.Name), LedgerSql.Text(move.Migration.Checksum),
        LedgerSql.Text(move.Migration.ScriptId), LedgerSql.Text(move.Work.Hold.Deployment.Value));

    public static NpgsqlBatchCommand Adopt(ScopeMove move) => LedgerSql.With(
        new NpgsqlBatchCommand(AdoptText), LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text),
        LedgerSql.Text(move.Work.Hold.Deployment.Value));

    public static NpgsqlBatchCommand Advance(ScopeMove move, int from, int to, bool begun) => LedgerSql.With(
        new NpgsqlBatchCommand(AdvanceText), LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text),
        LedgerSql.Text(Word(move.Direction)), LedgerSql.Integer(from), LedgerSql.Integer(to),
        new NpgsqlParameter<bool> { NpgsqlDbType = NpgsqlDbType.Boolean, TypedValue = begun });

    public static NpgsqlBatchCommand Close(ScopeMove move) => LedgerSql.With(
        new NpgsqlBatchCommand(CloseText), LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text));

    public static NpgsqlBatchCommand Entry(FencedConnections fenced, ScopeMove move, Direction direction, int attempt) => LedgerSql.With(
        new NpgsqlBatchCommand(EntryText), LedgerSql.Text(fenced.Deployment.Value), LedgerSql.Integer(fenced.Epoch),
        LedgerSql.Text(Runs.StepNames.Text(move.Work.Step)),
        LedgerSql.Text(LedgerJson.Write(new LedgerFact.ScopeMigrated(move.Scope, move.Migration.Version, direction, move.Work.Change, attempt, 0))));

    /// <summary>The tenant first; an unqualified name that it lacks is the shared schema's.</summary>
    public static string SearchPath(Scope scope) => scope is Scope.Public ? scope.Sql : $"{scope.Sql}, {new Scope.Public().Sql}";

    public static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    public static string Word(Direction direction) => direction == Direction.Forward ? "forward" : "rollback";

    public static NpgsqlParameter Texts(ImmutableArray<string> values) => new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = values.ToArray() };
}

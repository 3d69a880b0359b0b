using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Finds out what a session that broke has done.</summary>
internal static class LostSession
{
    // Only the recorded session of that id: a number may have been given to somebody else since.
    private const string Terminate =
        """
        select pg_catalog.pg_terminate_backend(a.pid) from safe_deploy.session s
        join pg_catalog.pg_stat_activity a on a.pid = s.pid and a.backend_start = s.backend_start where s.pid = $1
        """;

    private const string InHistory = "select exists (select from safe_deploy.migration m where m.scope = $1 and m.version = $2)";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    /// <summary>True when the scope is where the move takes it. A backend whose client is gone works on until it notices, so it is ended first.</summary>
    public static async Task<bool> IsDoneAsync(NpgsqlConnection connection, int pid, ScopeMove move, TimeProvider clock)
    {
        var started = clock.GetTimestamp();
        while (await IsAliveAsync(connection, pid, move.Work.Force) && clock.GetElapsedTime(started) < Patience)
            await Task.Delay(Between, clock, move.Work.Force);
        await using var history = LedgerSql.Command(connection, InHistory, LedgerSql.Text(move.Scope.Schema), LedgerSql.Text(move.Migration.Version.Text));
        return await history.ExecuteScalarAsync(move.Work.Force) is bool isThere && isThere == (move.Direction == Direction.Forward);
    }

    private static async Task<bool> IsAliveAsync(NpgsqlConnection connection, int pid, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, Terminate, LedgerSql.Integer(pid));
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }
}

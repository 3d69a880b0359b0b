using Npgsql;
using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The environment's row and lock as one question saw them.</summary>
internal sealed record EnvironmentRow(
    int Epoch,
    string? Deployment,
    bool Concluded,
    DateTimeOffset? ParkedUntil,
    bool WithinParking,
    RunIdentity? Holder,
    TimeSpan? HeartbeatAge,
    bool Locked,
    DateTimeOffset? HeartbeatAt)
{
    /// <summary>Null when the environment is not known yet.</summary>
    public static async Task<EnvironmentRow?> ReadAsync(NpgsqlConnection connection, string environment, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(
            connection, LedgerRows.Environment, LedgerSql.Text(environment), LedgerSql.Long(AdvisoryLocks.Hold(environment)));
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? Of(row) : null;
    }

    public HoldState State(TimeSpan ttl)
    {
        if (Concluded)
            return HoldState.Free;
        if (ParkedUntil is not null)
            return WithinParking ? HoldState.Parked : HoldState.Dead;
        // Both must speak for the holder: a hung process keeps its lock, a clean-up of the server leaves a fresh heartbeat.
        // One of the future is as old as it is far away: the server's clock was set back, and a process that lives renews it in a moment.
        return Locked && HeartbeatAge?.Duration() <= ttl ? HoldState.Working : HoldState.Dead;
    }

    private static EnvironmentRow Of(NpgsqlDataReader row) => new(
        row.GetInt32(0),
        row.IsDBNull(1) ? null : row.GetString(1),
        row.GetBoolean(2),
        row.IsDBNull(3) ? null : LedgerRows.Instant(row, 3),
        !row.IsDBNull(4) && row.GetBoolean(4),
        row.IsDBNull(5) ? null : LedgerJson.ReadRun(row.GetString(5)),
        row.IsDBNull(6) ? null : TimeSpan.FromSeconds(row.GetDouble(6)),
        row.GetBoolean(7),
        row.IsDBNull(8) ? null : LedgerRows.Instant(row, 8));
}

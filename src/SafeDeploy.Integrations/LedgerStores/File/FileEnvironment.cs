using Microsoft.Data.Sqlite;
using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>Reads the state of an environment from its row and its holder's file.</summary>
internal static class FileEnvironment
{
    private sealed record Row(int Epoch, string? Deployment, bool Concluded, DateTimeOffset? ParkedUntil, RunIdentity? Holder, DateTimeOffset? HeartbeatAt);

    public static EnvironmentState Unknown(string environment) => new(environment, 0, HoldState.Free, null, null, null, null);

    public static EnvironmentState Read(FileSession session, string environment, DateTimeOffset now, Func<int, bool> isHeld)
    {
        var row = session.Rows(
            "select epoch, deployment, concluded, parked_until, holder, heartbeat_at from environment where name = $1", Of, environment).SingleOrDefault();
        if (row is null)
            return Unknown(environment);
        var age = now - row.HeartbeatAt;
        return new EnvironmentState(
            environment,
            row.Epoch,
            State(row, now, isHeld),
            row.Deployment is null ? null : FileRows.ByName(session, row.Deployment),
            FileRows.Committed(session, environment),
            // The machine's clock may have been set back since.
            age < TimeSpan.Zero ? TimeSpan.Zero : age,
            row.ParkedUntil)
        {
            Holder = row.Holder,
        };
    }

    private static HoldState State(Row row, DateTimeOffset now, Func<int, bool> isHeld)
    {
        if (row.Concluded)
            return HoldState.Free;
        if (row.ParkedUntil is { } until)
            return until > now ? HoldState.Parked : HoldState.Dead;
        return isHeld(row.Epoch) ? HoldState.Working : HoldState.Dead;
    }

    private static Row Of(SqliteDataReader row) => new(
        row.GetInt32(0),
        FileRows.MaybeText(row, 1),
        row.GetBoolean(2),
        FileRows.Instant(row, 3),
        FileRows.MaybeText(row, 4) is { } holder ? LedgerJson.ReadRun(holder) : null,
        FileRows.Instant(row, 5));
}

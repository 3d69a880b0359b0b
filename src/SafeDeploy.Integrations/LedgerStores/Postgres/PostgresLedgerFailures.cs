using System.Net.Sockets;
using Npgsql;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>Tells the server's failures apart by SQLSTATE and type (PostgreSQL manual, errcodes-appendix), never by their text.</summary>
public static class PostgresLedgerFailures
{
    private const string ReadOnlyTransaction = "25006";

    /// <summary>The connection is gone and another one may succeed; whether the last statement was done is not known.</summary>
    public static bool IsConnectionLoss(Exception failure) => failure switch
    {
        PostgresException server => server.SqlState is "57P01" or "57P02" or "57P03" or "57P05" or "25P03" or "53300"
            || server.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    public static bool IsFenced(Exception failure) => failure is PostgresException { SqlState: LedgerSchema.FencedState };

    public static bool IsMissingSchema(Exception failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn };

    public static ProblemException Of(NpgsqlException failure, string place, bool inRecovery = false) =>
        new(failure is PostgresException server ? OfServer(server, place, inRecovery) : LedgerProblems.CannotReach(place, Kind(failure)), failure);

    /// <summary>Whether the answer depends on <c>pg_is_in_recovery()</c>.</summary>
    public static bool MayBeStandby(NpgsqlException failure) => failure.SqlState == ReadOnlyTransaction;

    private static Problem OfServer(PostgresException failure, string place, bool inRecovery) => failure.SqlState switch
    {
        "28P01" or "28000" => LedgerProblems.LoginWasRefused(place, failure.SqlState),
        "3D000" => LedgerProblems.NoDatabase(place),
        "53300" => LedgerProblems.NoConnectionLeft(place),
        "53100" => LedgerProblems.NoRoom(place, "SQLSTATE 53100"),
        "57P01" or "57P02" or "57P03" or "55000" => LedgerProblems.StartsOrStops(place, failure.SqlState),
        ReadOnlyTransaction => inRecovery ? LedgerProblems.IsStandby(place) : LedgerProblems.IsReadOnly(place),
        "42501" => LedgerProblems.Lacks(place, failure.MessageText),
        _ => LedgerProblems.WasRefused(place, failure.SqlState, failure.MessageText),
    };

    private static string Kind(NpgsqlException failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
            if (cause is SocketException socket)
                return Words(socket.SocketErrorCode);
            else if (cause is TimeoutException)
                return "no answer in time";
            else if (cause is System.Security.Authentication.AuthenticationException)
                return "the TLS handshake failed";
        return "the connection broke";
    }

    private static string Words(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "nobody listens there",
        SocketError.HostNotFound or SocketError.NoData => "the host's name is not known",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "the host cannot be reached",
        SocketError.TimedOut => "no answer in time",
        _ => error.ToString(),
    };
}

using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using SafeDeploy.Problems;
using static SafeDeploy.Integrations.Databases.Postgres.PostgresDatabaseProblems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Turns what the driver throws into a problem, by SQLSTATE and type, never by text.</summary>
public static class PostgresDatabaseFailure
{
    /// <summary>The problem behind a driver's exception, or null when it is none of the driver's.</summary>
    /// <param name="display">Host, port and database, without credentials.</param>
    /// <param name="opening">True while the connection is being opened.</param>
    public static Problem? Of(Exception failure, string display, bool opening) => failure switch
    {
        PostgresException server => OfServer(server, display),
        NpgsqlException driver => OfDriver(driver, display, opening),
        SocketException socket => OfSocket(socket, display),
        TimeoutException timeout => Silent(display, timeout.Message),
        _ => null,
    };

    /// <summary>True for failures of the way to the server rather than of what was asked.</summary>
    public static bool IsAboutReaching(Problem problem) =>
        problem.Info == Unreachable || problem.Info == UnknownHost || problem.Info == OutOfConnections || problem.Info == NotReady
        || problem.Info == Encryption || problem.Info == ConnectionLost;

    // Classes and codes: PostgreSQL manual, appendix A "PostgreSQL Error Codes".
    private static Problem OfServer(PostgresException e, string display)
    {
        var where = $"{display}   SQLSTATE {e.SqlState}";
        var (info, what, next) = e.SqlState switch
        {
            "28P01" => (LoginRefused, "the database refuses the password", "correct user and password in database.url"),
            "28000" => (LoginRefused, "the database refuses this user or this machine",
                "check that the user may log in and that pg_hba.conf lets this address in with the sslmode of database.url"),
            "3D000" => (NoSuchDatabase, "the database does not exist", "correct the name in database.url, or create the database"),
            "53300" => (OutOfConnections, "the server has no connection left for this user",
                "end idle sessions (select * from pg_stat_activity) or raise max_connections"),
            "25006" => (ReadOnly, "the database takes no writes", "point database.url at the primary"),
            "57P03" => (NotReady, "the server does not accept sessions now", "wait until it does, then run again"),
            "57P01" or "57P02" or "57P05" => (ConnectionLost, "the server ended the session", "look at the server's log, then run again"),
            "42501" => (PrivilegeMissing, "the user of database.url lacks a privilege", "grant what the server names, then run again"),
            "57014" => (TimedOut, "a query took too long and was cancelled", "make it cheaper, or add the index it needs"),
            "55P03" => (Locked, "a lock was not granted in time", "see who holds it (select * from pg_locks), then run again"),
            "53100" => (ServerFull, "the server's disk is full", "free space on the server, then run again"),
            "53200" => (ServerFull, "the server is out of memory or of locks", "raise max_locks_per_transaction or free memory, then run again"),
            _ when e.SqlState.StartsWith("08", StringComparison.Ordinal) =>
                (ConnectionLost, "the connection failed", "look at the server's log, then run again"),
            _ => (ServerError, "the database answered with an error", "look the SQLSTATE up in the PostgreSQL manual, appendix A"),
        };
        return Read(info, what, where, next, e.MessageText);
    }

    private static Problem OfDriver(NpgsqlException e, string display, bool opening) => e.InnerException switch
    {
        PostgresException server => OfServer(server, display),
        SocketException socket => OfSocket(socket, display),
        IOException { InnerException: SocketException socket } when opening => OfSocket(socket, display),
        TimeoutException => Silent(display, e.Message),
        AuthenticationException tls => Encrypted(display, tls.Message),
        IOException io when !opening => Lost(display, io.Message),
        IOException io => Read(Unreachable, "the server closed the connection while it was being opened", display,
            "check that this port is PostgreSQL's and that the server's log says nothing", io.Message),
        // The driver's own refusal while opening, without a cause: what was asked for (TLS, SCRAM) is not offered.
        null when opening => Encrypted(display, e.Message),
        _ => Lost(display, e.Message),
    };

    private static Problem OfSocket(SocketException e, string display) => e.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => Read(UnknownHost,
            "the database's host has no address", display, "correct the host in database.url", e.Message),
        SocketError.ConnectionRefused => Read(Unreachable,
            "the database refuses the connection: nothing listens on this port", display,
            "start the server, or correct host and port in database.url", e.Message),
        SocketError.ConnectionReset or SocketError.Shutdown => Lost(display, e.Message),
        _ => Silent(display, e.Message),
    };

    private static Problem Silent(string display, string evidence) => Read(Unreachable,
        "the database did not answer in time", display, "check the network and firewall between this machine and the server", evidence);

    private static Problem Lost(string display, string evidence) => Read(ConnectionLost,
        "the connection to the database was lost", display, "look at the server's log, then run again", evidence);

    private static Problem Encrypted(string display, string evidence) => Read(Encryption,
        "no connection could be agreed on with the server", display,
        "turn on ssl on the server, give its root certificate, or choose another sslmode in database.url", evidence);
}

using System.Collections.Immutable;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Why the database did not answer, or not as asked (SD091x, SD092x).</summary>
public static class PostgresDatabaseProblems
{
    private const string NothingChanged = "nothing was changed: this only connects and reads";
    private const string Stopping = "stopping before anything else is done";

    public static readonly ProblemInfo Unreachable = new("SD0910", "the database does not answer",
        "No connection could be made: refused, timed out, or the network is away.",
        "Check that the server runs and that its address and port are reachable from this machine.");

    public static readonly ProblemInfo UnknownHost = new("SD0911", "the database's host is not known",
        "The name in database.url has no address.", "Correct the host in database.url, or the resolver of this machine.");

    public static readonly ProblemInfo LoginRefused = new("SD0912", "the database refuses this login",
        "Wrong password, unknown user, or an address or encryption that pg_hba.conf does not allow.",
        "Check user and password in database.url and the server's pg_hba.conf.");

    public static readonly ProblemInfo NoSuchDatabase = new("SD0913", "the database does not exist",
        "The server answers and has no database of this name.", "Correct the name in database.url, or create the database.");

    public static readonly ProblemInfo OutOfConnections = new("SD0914", "the server has no connection left",
        "max_connections, or the user's or database's own limit, is reached.",
        "End idle sessions or raise the limit; deploy at a quieter time.");

    public static readonly ProblemInfo ReadOnly = new("SD0915", "the database takes no writes",
        "It is a standby, or default_transaction_read_only is on.", "Point database.url at the primary.");

    public static readonly ProblemInfo NotReady = new("SD0916", "the server is starting, recovering or shutting down",
        "It answers and does not accept sessions yet, or no longer.", "Wait until it accepts connections, then run again.");

    public static readonly ProblemInfo Encryption = new("SD0917", "no encrypted connection could be agreed on",
        "The connection asks for TLS and the server offers none, or its certificate is not accepted.",
        "Turn on ssl on the server, give its root certificate, or choose another sslmode in database.url.");

    public static readonly ProblemInfo ConnectionLost = new("SD0918", "the connection to the database was lost",
        "The server or the network ended the session while it was in use.", "Look at the server's log, then run again.");

    public static readonly ProblemInfo PrivilegeMissing = new("SD0919", "a privilege is missing in the database",
        "The user may not read what was asked for.", "Grant what the message names to the user of database.url.");

    public static readonly ProblemInfo TimedOut = new("SD0920", "a query took too long",
        "The server cancelled it at its statement_timeout.", "Make the query cheaper, or add the index it needs.");

    public static readonly ProblemInfo QueryFailed = new("SD0921", "a configured query failed",
        "The server refused the text of a query of safe-deploy.yml.", "Correct the query; try it with psql as the same user.");

    public static readonly ProblemInfo NotARead = new("SD0922", "a configured query is not a read",
        "Queries of gates and rules run in a read-only transaction and must give a row.", "Write a SELECT without side effects.");

    public static readonly ProblemInfo UnknownParameter = new("SD0923", "a query names a parameter that does not exist",
        "A :name in a configured query is none of those that can be used there.", "Use one of the names the message lists.");

    public static readonly ProblemInfo ServerError = new("SD0924", "the database answered with an error",
        "A catalogue query of ours failed; the SQLSTATE says why.", "Look the SQLSTATE up in the PostgreSQL manual, appendix A.");

    public static readonly ProblemInfo ServerFull = new("SD0925", "the server is out of space or memory",
        "A disk is full, or the table of locks or the memory is used up.", "Free the resource that the message names, then run again.");

    public static readonly ProblemInfo Locked = new("SD0926", "a table is locked by another session",
        "Another session holds, or waits for, ACCESS EXCLUSIVE on a table; even its size and structure cannot be read meanwhile.",
        "Wait until that session's transaction is over, or end it with pg_terminate_backend; the message names it. Then run again.");

    public static ImmutableArray<ProblemInfo> All { get; } =
    [
        Unreachable, UnknownHost, LoginRefused, NoSuchDatabase, OutOfConnections, ReadOnly, NotReady, Encryption, ConnectionLost,
        PrivilegeMissing, TimedOut, QueryFailed, NotARead, UnknownParameter, ServerError, ServerFull, Locked,
    ];

    /// <summary>Failures to connect and to read; <paramref name="evidence"/> is the server's or the system's own sentence.</summary>
    public static Problem Read(ProblemInfo info, string what, string where, string next, string evidence) =>
        info.Occurred(what, where, NothingChanged, Stopping, next) with { Evidence = evidence };

    public static Problem WriteRefused(string display, string query, string? state) => Read(NotARead,
        "a configured query is not a read",
        $"{display}: {OneLine(query)}" + (state is null ? "" : $"   SQLSTATE {state}"),
        "write a SELECT that gives one row and changes nothing", "");

    public static Problem ParameterUnknown(string display, string query, string name, IEnumerable<string> known) => Read(UnknownParameter,
        $"a configured query names the parameter \":{name}\", which does not exist",
        $"{display}: {OneLine(query)}",
        $"use one of {string.Join(", ", known.Order(StringComparer.Ordinal).Select(k => ":" + k).DefaultIfEmpty("none"))}", "");

    /// <summary>A query as one line of at most 120 characters, for the place of a message.</summary>
    internal static string OneLine(string query)
    {
        var line = string.Join(' ', query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 120 ? line : line[..119] + "…";
    }
}

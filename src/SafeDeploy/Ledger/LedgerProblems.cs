using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>SD02xx: everything that can be wrong with the ledger and the right to work.</summary>
public static class LedgerProblems
{
    private const string NothingTouched = "nothing was changed by this call";
    private const string Stopping = "stopping";

    public static readonly ProblemInfo Unreachable = new("SD0201", "The ledger cannot be reached",
        "No connection to the server that keeps the ledger could be made, or it broke and did not come back in time.",
        "Check host, port, firewall and database.url; then run the step again. Nothing is done without a ledger.");

    public static readonly ProblemInfo LoginRefused = new("SD0202", "The server refused the login",
        "The server answered and refused role, password, or the host this connection comes from.",
        "Correct the credentials in database.url, or allow the role in pg_hba.conf.");

    public static readonly ProblemInfo TakenOver = new("SD0203", "Another process took over the deployment",
        "A `recover`, `rollback` or a repeated step fenced this process. Its database sessions are ended and it can change nothing more.",
        "Nothing here: follow the process that took over; `safe-deploy status` names it.");

    public static readonly ProblemInfo HoldLost = new("SD0204", "The right to work could not be renewed",
        "The process could not renew its heartbeat within the time that other processes rely on, so it stopped itself.",
        "Run the very same command again to go on, or `safe-deploy recover` to end it.");

    public static readonly ProblemInfo SecondAutomaticRollback = new("SD0205", "The automatic rollback was already claimed",
        "A deployment is rolled back automatically at most once, and another process came first.",
        "Wait for that rollback, or run `safe-deploy rollback` by hand after it ended.");

    public static readonly ProblemInfo OldSessionsRemain = new("SD0206", "Sessions of the former process could not be ended",
        "A take-over goes on only when no session of the former process can change anything more. One did not end, or this role may not end it.",
        "Connect with the role that the former process used, or end the named backend as a superuser; then repeat the command.");

    public static readonly ProblemInfo NotDirect = new("SD0207", "The connection is not direct",
        "A pooler in transaction mode gives each transaction another backend: session locks and snapshots do not hold.",
        "Give the server's own address in database.url (with PgBouncer: a pool in session mode is enough).");

    public static readonly ProblemInfo UnknownDeployment = new("SD0208", "The named deployment is not the environment's",
        "`--deployment` names a deployment of another environment, or one that is not the current one.",
        "Run `safe-deploy history` and name the current deployment, or leave `--deployment` out.");

    public static readonly ProblemInfo NoSuchDatabase = new("SD0209", "The database does not exist",
        "The server answered, and it has no database of that name.",
        "Correct the name in database.url, or create the database.");

    public static readonly ProblemInfo OutOfConnections = new("SD0210", "The server has no connection left",
        "max_connections, or the limit of the role or the database, is reached.",
        "Free connections or raise the limit; the ledger needs three beside the workers.");

    public static readonly ProblemInfo ReadOnly = new("SD0211", "The database is read-only",
        "Transactions start read-only (default_transaction_read_only of server, database or role), so the ledger cannot be written.",
        "Use a role that may write, or reset default_transaction_read_only.");

    public static readonly ProblemInfo InRecovery = new("SD0212", "The server is a standby",
        "The server replays another one's changes and accepts no writes.",
        "Give the address of the primary in database.url.");

    public static readonly ProblemInfo NoPrivilege = new("SD0213", "The role lacks a privilege on the ledger",
        "The role may not create the schema `safe_deploy`, or may not use tables that another role created there.",
        "Grant what the message names, or connect with the role that owns the schema.");

    public static readonly ProblemInfo NotNow = new("SD0214", "The server accepts no connections now",
        "The server answered that it, or this database, accepts no connections at this moment.",
        "Wait until it accepts connections; then run the step again.");

    public static readonly ProblemInfo BadUrl = new("SD0215", "The database URL cannot be used",
        "database.url is not of the form postgres://user:password@host:port/database?parameter=value, or holds a parameter that has no meaning here.",
        "Correct database.url; percent-encode special characters of user and password.");

    public static readonly ProblemInfo NewerLedger = new("SD0217", "The ledger was written by a newer safe-deploy",
        "The ledger's layout or one of its entries is not known to this version.",
        "Use the version of safe-deploy that the other jobs use.");

    public static readonly ProblemInfo FileUnusable = new("SD0218", "The ledger file cannot be used",
        "The file is not a ledger, is damaged, or may not be read and written by this user.",
        "Correct its path or rights. A damaged ledger is restored from its mirror in the backup store.");

    public static readonly ProblemInfo DiskFull = new("SD0219", "The ledger has no room left",
        "The disk of the server, or of the ledger file, is full. What is not in the ledger is not done.",
        "Free space; then run the very same command again.");

    public static readonly ProblemInfo Refused = new("SD0220", "The server refused a ledger statement",
        "A statement on the ledger's own tables failed for a reason that is not known as one of the others.",
        "Look the SQLSTATE up in the server's manual (appendix errcodes) and in the server's log.");

    public static readonly ProblemInfo Unmirrored = new("SD0221", "The copy of the ledger could not be written",
        "The ledger is complete in the database; only its readable copy in the backup store is missing or old.",
        "Make the store writable; the next end of a deployment writes its copy.");

    public static ImmutableArray<ProblemInfo> All { get; } =
    [
        Unreachable, LoginRefused, TakenOver, HoldLost, SecondAutomaticRollback, OldSessionsRemain, NotDirect, UnknownDeployment,
        NoSuchDatabase, OutOfConnections, ReadOnly, InRecovery, NoPrivilege, NotNow, BadUrl, NewerLedger, FileUnusable, DiskFull, Refused,
        Unmirrored,
    ];

    /// <param name="because">The kind of failure, e.g. <c>ConnectionRefused</c>; never the text of an exception that could hold a secret.</param>
    public static Problem CannotReach(string place, string because) =>
        Unreachable.Occurred($"no connection to the ledger: {because}", place, NothingTouched, Stopping,
            "check that the server runs and that this machine may reach it; then run the step again");

    public static Problem LoginWasRefused(string place, string state) =>
        LoginRefused.Occurred("the server refused the login", $"{place}   SQLSTATE {state}", NothingTouched, Stopping,
            state == "28P01" ? "correct user or password in database.url" : "allow the role in pg_hba.conf, and check its LOGIN attribute");

    public static Problem WasTakenOver(DeploymentId deployment, string environment, int epoch) =>
        TakenOver.Occurred($"deployment \"{deployment}\" was taken over by another process",
            Text($"environment \"{environment}\"   epoch {epoch}"),
            "what this process had not yet committed is rolled back by the server",
            "stopping: this process can change nothing more",
            "follow the process that took over: safe-deploy status");

    public static Problem CouldNotRenew(DeploymentId deployment, string environment, TimeSpan ttl) =>
        HoldLost.Occurred(Text($"the right to work on deployment \"{deployment}\" was not renewed within {ttl.TotalSeconds:0.#} s"),
            $"environment \"{environment}\"",
            "what was not yet committed is rolled back by the server",
            "stopping: another process may take over now",
            "run the very same command again, or safe-deploy recover");

    public static Problem AlreadyClaimed(DeploymentId deployment, string environment) =>
        SecondAutomaticRollback.Occurred($"the automatic rollback of deployment \"{deployment}\" was already claimed",
            $"environment \"{environment}\"", NothingTouched, "leaving the rollback to the process that claimed it",
            "run safe-deploy status; safe-deploy rollback starts another one by hand");

    public static Problem StillThere(string environment, string who, string state) =>
        OldSessionsRemain.Occurred("a session of the former process is still there", $"environment \"{environment}\"   {who}   SQLSTATE {state}",
            "the former process is fenced: it begins no new transaction", "stopping before anything else is done",
            "end the named session as a superuser (select pg_terminate_backend(pid)); then repeat the command");

    public static Problem BehindPooler(string place) =>
        NotDirect.Occurred("two transactions of one connection were answered by two backends: a pooler stands between", place,
            NothingTouched, Stopping, "give the server's own host and port in database.url instead of the pooler's");

    public static Problem NotTheCurrent(DeploymentId asked, string environment, string why) =>
        UnknownDeployment.Occurred($"deployment \"{asked}\" {why}", $"environment \"{environment}\"", NothingTouched, Stopping,
            "run safe-deploy history, then name the current deployment");

    public static Problem NoDatabase(string place) =>
        NoSuchDatabase.Occurred("the server has no such database", $"{place}   SQLSTATE 3D000", NothingTouched, Stopping,
            "correct the name in database.url, or run createdb");

    public static Problem NoConnectionLeft(string place) =>
        OutOfConnections.Occurred("the server has no connection left for this role", $"{place}   SQLSTATE 53300", NothingTouched, Stopping,
            "free connections or raise max_connections; then run the step again");

    public static Problem IsReadOnly(string place) =>
        ReadOnly.Occurred("the database accepts no writes: its transactions are read-only", $"{place}   SQLSTATE 25006", NothingTouched, Stopping,
            "use a role that may write, or reset default_transaction_read_only");

    public static Problem IsStandby(string place) =>
        InRecovery.Occurred("the server is a standby and accepts no writes", $"{place}   SQLSTATE 25006", NothingTouched, Stopping,
            "give the primary's address in database.url");

    public static Problem Lacks(string place, string what) =>
        NoPrivilege.Occurred($"the role lacks a privilege: {what}", $"{place}   SQLSTATE 42501", NothingTouched, Stopping,
            "grant create on database … to the role, or connect with the owner of schema safe_deploy");

    public static Problem StartsOrStops(string place, string state) =>
        NotNow.Occurred(
            state == "55000" ? "the database is closed to connections" : "the server starts or stops and accepts no connections now",
            $"{place}   SQLSTATE {state}", NothingTouched, Stopping,
            state == "55000"
                ? "open it (alter database … allow_connections true) when whoever closed it has finished; then run the step again"
                : "wait until the server is up; then run the step again");

    public static Problem UrlUnusable(string why) =>
        BadUrl.Occurred($"the database URL cannot be used: {why}", "database.url", "nothing was connected to", Stopping,
            "write it as postgres://user:password@host:5432/database");

    public static Problem IsNewer(string place, string what) =>
        NewerLedger.Occurred($"the ledger was written by a newer safe-deploy: {what}", place, NothingTouched, Stopping,
            "use the newer version of safe-deploy in this job too");

    public static Problem CannotUseFile(string path, string why) =>
        FileUnusable.Occurred($"the ledger file cannot be used: {why}", path, NothingTouched, Stopping,
            "correct path or rights of the file; then run the step again");

    public static Problem NoRoom(string place, string state) =>
        DiskFull.Occurred("the ledger could not be written: no space left", $"{place}   {state}",
            "the change that was to be recorded was not begun", Stopping, "free space; then run the very same command again");

    public static Problem WasRefused(string place, string state, string message) =>
        Refused.Occurred("the server refused a statement of the ledger", $"{place}   SQLSTATE {state}", "the statement changed nothing", Stopping,
            "look the SQLSTATE up in the server's manual; then run the step again") with
        { Evidence = message };

    public static Problem NotMirrored(string file, string why) =>
        Unmirrored.Occurred($"the copy of the ledger was not written: {why}", file, "the ledger itself, in the database", "going on",
            "make the backup store writable");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

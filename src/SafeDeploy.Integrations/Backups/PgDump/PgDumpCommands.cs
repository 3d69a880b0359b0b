using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Argument lists of the client tools. Pure. Where to connect and as whom goes through the environment, never through arguments.</summary>
public static class PgDumpCommands
{
    // The ledger's tables are ours: nobody locks them for long.
    private const int LedgerLockWaitMs = 60_000;

    public static ImmutableArray<string> Version(string tool) => [tool, "--version"];

    /// <summary>One archive of these schemas as the snapshot shows them. The level 1 is a quarter of the default's time for a quarter more bytes.</summary>
    public static ImmutableArray<string> Dump(PgDumpOptions options, int toolMajor, string snapshot, string file, IEnumerable<Scope> scopes) =>
    [
        options.Tool("pg_dump"), "--format=custom", toolMajor >= 16 ? "--compress=zstd:3" : "--compress=1", $"--snapshot={snapshot}", "--no-password", "--encoding=UTF8",
        string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={(long)options.LockWait.TotalMilliseconds}"), "--strict-names", $"--file={file}",
        .. scopes.Select(s => $"--schema={s.Sql}"),
    ];

    /// <summary>Roles, tablespaces and their grants, without passwords.</summary>
    public static ImmutableArray<string> Globals(string tool, string file) =>
        [tool, "--globals-only", "--no-role-passwords", "--no-password", $"--file={file}"];

    public static ImmutableArray<string> List(string tool, string file) => [tool, "--list", file];

    /// <summary>As <see cref="List"/>, with what each entry needs of the same archive.</summary>
    public static ImmutableArray<string> ListWithNeeds(string tool, string file) => [tool, "--list", "--verbose", file];

    /// <summary>The ledger's schema, definitions and rows, as it is now.</summary>
    public static ImmutableArray<string> Ledger(string tool, string file) =>
        [tool, "--format=custom", "--no-password", string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={LedgerLockWaitMs}"), "--schema=safe_deploy", "--strict-names", $"--file={file}"];

    /// <summary>A whole archive into a database, all or nothing.</summary>
    public static ImmutableArray<string> RestoreAll(string tool, string archive) => [tool, "--exit-on-error", "--single-transaction", "--no-password", "--dbname=", archive];

    /// <summary>Everything of one section of an archive into a database, but for the lines that the list leaves out.</summary>
    /// <param name="listed">A file with the lines of <see cref="List"/> that are wanted, or null for all.</param>
    public static ImmutableArray<string> Restore(string tool, string archive, string section, string? listed, int jobs, bool asOwner) =>
    [
        tool, "--exit-on-error", "--no-password", $"--section={section}", $"--jobs={jobs.ToString(CultureInfo.InvariantCulture)}",
        .. asOwner ? ImmutableArray<string>.Empty : ["--no-owner", "--no-privileges"],
        .. listed is null ? ImmutableArray<string>.Empty : [$"--use-list={listed}"],
        "--dbname=", archive,
    ];

    /// <summary>One schema's section as SQL text in a file; the schema itself is not made by it.</summary>
    public static ImmutableArray<string> Script(string tool, string archive, string section, Scope scope, string file) =>
        [tool, $"--section={section}", $"--schema={scope.Schema}", $"--file={file}", archive];

    public static CommandCall Call(ImmutableArray<string> arguments, NpgsqlConnectionStringBuilder? server) =>
        new(arguments, server is null ? ImmutableDictionary<string, string>.Empty : Environment(server), null, null);

    /// <summary>libpq's variables (manual, libpq-envars). The password is seen by this user's processes only.</summary>
    public static ImmutableDictionary<string, string> Environment(NpgsqlConnectionStringBuilder server, string options = "")
    {
        var variables = ImmutableDictionary<string, string>.Empty
            .Add("PGHOST", server.Host ?? "localhost")
            .Add("PGPORT", server.Port.ToString(CultureInfo.InvariantCulture))
            .Add("PGUSER", server.Username ?? "")
            .Add("PGDATABASE", server.Database ?? "")
            .Add("PGAPPNAME", "safe-deploy/backup")
            .Add("PGCONNECT_TIMEOUT", "15")
            .Add("PGOPTIONS", "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0" + options)
            .Add("PGSSLMODE", SslMode(server.SslMode))
            .Add("LC_ALL", "C");
        if (server.Password is { Length: > 0 } password)
            variables = variables.Add("PGPASSWORD", password);
        return server.RootCertificate is { Length: > 0 } root ? variables.Add("PGSSLROOTCERT", root) : variables;
    }

    private static string SslMode(SslMode mode) => mode switch
    {
        Npgsql.SslMode.Disable => "disable",
        Npgsql.SslMode.Allow => "allow",
        Npgsql.SslMode.Require => "require",
        Npgsql.SslMode.VerifyCA => "verify-ca",
        Npgsql.SslMode.VerifyFull => "verify-full",
        _ => "prefer",
    };

    /// <summary>The major version in <c>pg_dump (PostgreSQL) 15.18 (…)</c>, or null.</summary>
    public static int? Major(string versionLine)
    {
        var word = versionLine.Split(' ').FirstOrDefault(w => w.Length > 0 && char.IsAsciiDigit(w[0]));
        return word is not null && int.TryParse(
            string.Concat(word.TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;
    }
}

using System.Globalization;
using Npgsql;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Read-only transactions with known settings; what the driver throws leaves here as a problem.</summary>
public sealed class PostgresDatabaseReader(NpgsqlDataSource source, string display, TimeSpan statementTimeout)
{
    // Deparsed expressions depend on these (manual, runtime-config-client); fixed, so that equal structure reads equal.
    private const string CanonicalSettings = """
        , set_config('DateStyle', 'ISO, MDY', true), set_config('IntervalStyle', 'postgres', true), set_config('TimeZone', 'UTC', true),
        set_config('extra_float_digits', '1', true), set_config('bytea_output', 'hex', true), set_config('lc_monetary', 'C', true),
        set_config('quote_all_identifiers', 'off', true), set_config('xmlbinary', 'base64', true)
        """;

    // jit = off: compiling our wide catalogue queries took 3 s where running them takes 0.5 s.
    // row_security = off: a policy that would hide rows is an error, never a smaller answer (manual, ddl-rowsecurity).
    private const string Settings = """
        select set_config('transaction_read_only', 'on', true), set_config('search_path', $1, true), set_config('row_security', 'off', true),
        set_config('statement_timeout', $2, true), set_config('lock_timeout', $3, true), set_config('jit', 'off', true)
        """;

    // In a transaction that also writes: everything above but read-only and the time limits.
    private const string Alone = "select set_config('search_path', '', true), set_config('row_security', 'off', true), set_config('jit', 'off', true)";

    public string Display { get; } = display;

    /// <summary>How long a read waits for a table that another session has locked; never longer than the statement may take.</summary>
    /// <remarks>DDL of others holds ACCESS EXCLUSIVE for moments; a session that holds it longer than this is named instead.</remarks>
    public TimeSpan LockPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The settings under which fingerprints are read, in the transaction that is open on the session.</summary>
    internal static async Task CanonicalAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Alone + CanonicalSettings, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Opens a connection; every failure is a <see cref="ProblemException"/>.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await source.OpenConnectionAsync(cancellation);
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, Display, opening: true) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }

    /// <summary>Reads in one read-only transaction that is always rolled back.</summary>
    /// <param name="searchPath">A list of quoted schema names; empty = the server's own catalogue only.</param>
    /// <param name="canonical">Settings that make deparsed text equal everywhere; off for people's own queries.</param>
    public async Task<T> ReadAsync<T>(
        string searchPath, bool canonical, Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            return await OnceAsync(searchPath, canonical, read, cancellation);
        }
        catch (ProblemException lost) when (lost.Problem.Info == PostgresDatabaseProblems.ConnectionLost)
        {
            // A shared session may have been ended while nobody used it, and the others with it; a read that is repeated harms nobody.
            source.Clear();
            return await OnceAsync(searchPath, canonical, read, cancellation);
        }
    }

    private async Task<T> OnceAsync<T>(
        string searchPath, bool canonical, Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await using (var settings = new NpgsqlCommand(canonical ? Settings + CanonicalSettings : Settings, connection))
            {
                settings.Parameters.Add(new NpgsqlParameter<string> { TypedValue = searchPath });
                settings.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Milliseconds(statementTimeout) });
                settings.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Milliseconds(Patience) });
                await settings.ExecuteNonQueryAsync(cancellation);
            }

            var result = await read(connection, cancellation);
            await transaction.RollbackAsync(cancellation);
            return result;
        }
        catch (PostgresException locked) when (locked.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new ProblemException(await LockedRelations.ProblemAsync(source, Display, Patience, locked.MessageText, cancellation), locked);
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, Display, opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }

    private TimeSpan Patience => LockPatience < statementTimeout ? LockPatience : statementTimeout;

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using Microsoft.Data.Sqlite;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>The file itself: connections, transactions and how its failures are told.</summary>
/// <remarks>SQLite's result codes: sqlite.org/rescode.html.</remarks>
internal sealed class FileLedger
{
    private const int Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    // A writer holds the file for milliseconds; who waits longer waits for a stopped process.
    private const int WaitSeconds = 15;

    private readonly string _connection;

    public FileLedger(string path)
    {
        Path = path;
        // The bundle registers the native library; without it the provider looks for it by reflection.
        SQLitePCL.Batteries_V2.Init();
        _connection = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = WaitSeconds, ForeignKeys = true }.ConnectionString;
    }

    public string Path { get; }

    public bool Exists => System.IO.File.Exists(Path) && new FileInfo(Path).Length > 0;

    /// <summary>Runs <paramref name="work"/> in a transaction that excludes every other writer from its first statement on.</summary>
    public Task<T> WriteAsync<T>(Func<FileSession, T> work, CancellationToken cancellation) => RunAsync(
        session =>
        {
            using var transaction = session.Connection.BeginTransaction(deferred: false);
            var result = work(session);
            transaction.Commit();
            return result;
        },
        cancellation);

    /// <summary>One snapshot for all questions in <paramref name="work"/>.</summary>
    public Task<T> ReadAsync<T>(Func<FileSession, T> work, CancellationToken cancellation) => RunAsync(
        session =>
        {
            using var transaction = session.Connection.BeginTransaction(deferred: true);
            return work(session);
        },
        cancellation);

    /// <summary>SQLite's calls block; they run on the pool and are short.</summary>
    public Task<T> RunAsync<T>(Func<FileSession, T> work, CancellationToken cancellation) => Task.Run(
        () =>
        {
            try
            {
                using var connection = new SqliteConnection(_connection);
                connection.Open();
                var session = new FileSession(connection);
                // EXTRA also syncs the directory after the journal is gone: what was committed survives a power cut (pragma.html#pragma_synchronous).
                session.Execute("pragma journal_mode = delete; pragma synchronous = extra;");
                return work(session);
            }
            catch (SqliteException failure)
            {
                throw new ProblemException(ProblemOf(failure), failure);
            }
        },
        cancellation);

    private Problem ProblemOf(SqliteException failure) => failure.SqliteErrorCode switch
    {
        Full => LedgerProblems.NoRoom(Path, "SQLITE_FULL"),
        Busy or Locked => LedgerProblems.CannotUseFile(Path, "another process has kept it locked for too long"),
        ReadOnly => LedgerProblems.CannotUseFile(Path, "it may not be written"),
        CannotOpen => LedgerProblems.CannotUseFile(Path, "it cannot be opened"),
        NotADatabase => LedgerProblems.CannotUseFile(Path, "it is not a ledger"),
        Corrupt => LedgerProblems.CannotUseFile(Path, "it is damaged"),
        IoError => LedgerProblems.CannotUseFile(Path, "the disk answered with an error"),
        var code => LedgerProblems.CannotUseFile(Path, code.ToString(CultureInfo.InvariantCulture)),
    };
}

/// <summary>One open connection, with positional parameters <c>$1</c>, <c>$2</c>, …</summary>
internal sealed class FileSession(SqliteConnection connection)
{
    public SqliteConnection Connection { get; } = connection;

    /// <returns>How many rows were changed.</returns>
    public int Execute(string text, params ReadOnlySpan<object?> values)
    {
        using var command = Command(text, values);
        return command.ExecuteNonQuery();
    }

    public List<T> Rows<T>(string text, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var command = Command(text, values);
        using var rows = command.ExecuteReader();
        var found = new List<T>();
        while (rows.Read())
            found.Add(read(rows));
        return found;
    }

    private SqliteCommand Command(string text, ReadOnlySpan<object?> values)
    {
        var command = Connection.CreateCommand();
        command.CommandText = text;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i + 1}"), values[i] ?? DBNull.Value);
        return command;
    }
}

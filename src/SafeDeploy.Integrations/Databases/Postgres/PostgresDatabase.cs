using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>The target PostgreSQL database, read only.</summary>
/// <param name="source">Owned: disposed with this.</param>
/// <param name="display">Host, port and database, without credentials.</param>
/// <param name="directory">Reads the list of tenants; see <c>PostgresTenantDirectory</c>.</param>
/// <param name="statementTimeout">Of every single read.</param>
/// <param name="lockPatience">How long a read waits for a table that another session has locked; null = <see cref="PostgresDatabaseReader.LockPatience"/>.</param>
public sealed class PostgresDatabase(
    NpgsqlDataSource source,
    string display,
    Func<TenantsSettings, CancellationToken, Task<TenantList>> directory,
    TimeSpan statementTimeout,
    TimeSpan? lockPatience = null) : IDatabase
{
    private const int PooledSessions = 8;

    // The server's own limits come first and say what happened; only a server that is gone is given up by the client.
    private const int ClientPatienceSeconds = 30;

    private readonly PostgresDatabaseReader _reader = lockPatience is { } patience
        ? new(source, display, statementTimeout) { LockPatience = patience }
        : new(source, display, statementTimeout);

    /// <summary>Reads hold no lock and no session state, so unlike those that write they may share connections.</summary>
    public static PostgresDatabase Connect(
        NpgsqlConnectionStringBuilder server, Func<TenantsSettings, CancellationToken, Task<TenantList>> directory, TimeSpan statementTimeout)
    {
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            ApplicationName = "safe-deploy/read",
            Pooling = true,
            MaxPoolSize = PooledSessions,
            ConnectionIdleLifetime = 15,
            Enlist = false,
            CommandTimeout = (int)statementTimeout.TotalSeconds + ClientPatienceSeconds,
        };
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        return new PostgresDatabase(builder.Build(), PostgresUrl.Display(server), directory, statementTimeout);
    }

    public string Display => _reader.Display;

    public Task<ServerFacts> FactsAsync(CancellationToken cancellation) => PostgresDatabaseFacts.ReadAsync(_reader, cancellation);

    public Task<TenantList> TenantsAsync(TenantsSettings tenants, CancellationToken cancellation) => directory(tenants, cancellation);

    public Task<ImmutableArray<MissingPrivilege>> MissingPrivilegesAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        PostgresDatabasePrivileges.ReadAsync(_reader, scopes, cancellation);

    public Task<ImmutableSortedDictionary<string, string>> FingerprintsAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        new Fingerprints(_reader).ReadAsync(scopes, cancellation);

    public Task<ImmutableArray<string>> StructureAsync(Scope scope, CancellationToken cancellation) =>
        new Fingerprints(_reader).LinesAsync(scope, cancellation);

    public Task<ImmutableArray<RowSecurity>> RowSecurityAsync(
        IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<string> tables, CancellationToken cancellation) =>
        PostgresDatabaseRowSecurity.ReadAsync(_reader, scopes, tables, cancellation);

    public Task<ImmutableArray<HeldData>> HeldDataAsync(IReadOnlyCollection<DroppedObject> objects, CancellationToken cancellation) =>
        PostgresDatabaseHeldData.ReadAsync(_reader, objects, cancellation);

    public async Task<object?> AskAsync(
        Scope scope, string query, ImmutableDictionary<string, object> parameters, CancellationToken cancellation)
    {
        var bound = PostgresDatabaseParameters.Parse(query);
        foreach (var name in bound.Names)
            if (!parameters.ContainsKey(name))
                throw new ProblemException(PostgresDatabaseProblems.ParameterUnknown(Display, query, name, parameters.Keys));
        return await _reader.ReadAsync(
            SearchPath(scope), canonical: false, (connection, token) => AskAsync(connection, scope, query, bound, parameters, token), cancellation);
    }

    public bool IsQuestionOfAnother(Problem problem) =>
        problem.Info == PostgresDatabaseProblems.QueryFailed || problem.Info == PostgresDatabaseProblems.PrivilegeMissing;

    public async Task<FleetStatistics?> StatisticsAsync(IReadOnlyCollection<Scope> scopes, Scope? reference, CancellationToken cancellation) =>
        await PostgresStatistics.ReadAsync(_reader, scopes, reference, cancellation);

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private static string SearchPath(Scope scope) => scope is Scope.Public ? "\"public\"" : $"{scope.Sql}, \"public\"";

    private async Task<object?> AskAsync(
        NpgsqlConnection connection, Scope scope, string query, PostgresDatabaseParameters bound,
        ImmutableDictionary<string, object> parameters, CancellationToken cancellation)
    {
        // With a positional parameter, used or not, the driver sends the text as it is, and the server refuses a second statement in it.
        await using var command = new NpgsqlCommand(bound.Sql, connection);
        foreach (var name in bound.Names)
            command.Parameters.Add(new NpgsqlParameter { Value = Bindable(parameters[name]) });
        if (bound.Names.IsEmpty)
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "" });
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (reader.FieldCount == 0)
                throw new ProblemException(PostgresDatabaseProblems.WriteRefused(Display, query, null));
            return await reader.ReadAsync(cancellation) && !await reader.IsDBNullAsync(0, cancellation) ? reader.GetValue(0) : null;
        }
        catch (InvalidCastException failure)
        {
            throw new ProblemException(PostgresDatabaseProblems.Read(PostgresDatabaseProblems.QueryFailed,
                "a configured query gives a value of a type that is not read", $"{Display}: {PostgresDatabaseProblems.OneLine(query)}",
                "cast it in the query to boolean, number or text", failure.Message), failure);
        }
        catch (PostgresException failure) when (OfQuery(failure, scope, query) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }

    /// <summary>What the query's own text or rights caused; null when the server or the connection is to blame.</summary>
    private Problem? OfQuery(PostgresException e, Scope scope, string query)
    {
        var where = $"{Display}, schema \"{scope.Schema}\": {PostgresDatabaseProblems.OneLine(query)}   SQLSTATE {e.SqlState}";
        return e.SqlState switch
        {
            "25006" => PostgresDatabaseProblems.WriteRefused(Display, query, e.SqlState),
            "42501" => PostgresDatabaseProblems.Read(PostgresDatabaseProblems.PrivilegeMissing,
                "the user of database.url may not run a configured query", where,
                "grant what the server names; where row level security is meant, use a user with BYPASSRLS", e.MessageText),
            "57014" => PostgresDatabaseProblems.Read(PostgresDatabaseProblems.TimedOut,
                "a configured query took too long and was cancelled", where, "make it cheaper, or add the index it needs", e.MessageText),
            _ when e.SqlState[..2] is "22" or "23" or "42" or "2F" or "38" or "39" or "P0" or "0A" or "21" or "XX" or "25" or "44" =>
                PostgresDatabaseProblems.Read(PostgresDatabaseProblems.QueryFailed, "a configured query failed", where,
                    "correct the query; try it with psql as the same user", e.MessageText),
            _ => null,
        };
    }

    private static object Bindable(object value) => value is DateTimeOffset instant ? instant.ToUniversalTime() : value;
}

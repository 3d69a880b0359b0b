using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The ledger in schema <c>safe_deploy</c> of the target database. Connections are not pooled: locks live as long as their session.</summary>
public sealed class PostgresLedgerStore : ILedgerStore
{
    private const string SessionName = "safe-deploy/ledger";

    private readonly NpgsqlDataSource _source;
    private readonly PostgresLedgerOptions _options;
    private readonly TimeProvider _time;
    private readonly string _place;

    public PostgresLedgerStore(NpgsqlConnectionStringBuilder settings, PostgresLedgerOptions options, TimeProvider time)
    {
        _source = PostgresUrl.DataSource(settings, SessionName);
        _options = options;
        _time = time;
        _place = PostgresUrl.Display(settings);
        Location = $"schema safe_deploy of database \"{settings.Database}\"";
    }

    public string Location { get; }

    /// <summary>Also proves that the connection is direct: behind a pooler no lock would hold (SD0207).</summary>
    public Task PrepareAsync(CancellationToken cancellation) => GuardedAsync(
        async () =>
        {
            if (!await DirectConnectionProof.HoldsAsync(_source, cancellation))
                throw new ProblemException(LedgerProblems.BehindPooler(_place));
            await using var connection = await ConnectAsync(cancellation);
            await new LedgerInstallation(connection, _place, _time).InstallAsync(cancellation);
            return true;
        },
        cancellation);

    public Task<EnvironmentState> StateAsync(string environment, CancellationToken cancellation) => GuardedAsync(
        async () =>
        {
            await using var connection = await ConnectAsync(cancellation);
            return await StateAsync(connection, environment, cancellation);
        },
        cancellation);

    public Task<Acquisition> AcquireAsync(AcquireRequest request, CancellationToken cancellation) =>
        GuardedAsync(() => new PostgresAcquisition(_source, _options, _time, _place, request).RunAsync(cancellation), cancellation);

    public Task<ImmutableArray<LedgerEntry>> ReadAsync(DeploymentId deployment, CancellationToken cancellation) => GuardedAsync(
        async () =>
        {
            await using var connection = await ConnectAsync(cancellation);
            return await OrBeforeInstallation(() => LedgerRows.EntriesAsync(connection, deployment, _place, cancellation), []);
        },
        cancellation);

    public Task<ImmutableArray<DeploymentSummary>> HistoryAsync(string environment, int limit, CancellationToken cancellation) => GuardedAsync(
        async () =>
        {
            await using var connection = await ConnectAsync(cancellation);
            var command = LedgerSql.Command(connection, LedgerRows.History, LedgerSql.Text(environment), LedgerSql.Integer(limit));
            return await OrBeforeInstallation(() => LedgerRows.SummariesAsync(command, cancellation), []);
        },
        cancellation);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private Task<EnvironmentState> StateAsync(NpgsqlConnection connection, string environment, CancellationToken cancellation) =>
        OrBeforeInstallation(
            async () => (await EnvironmentView.ReadAsync(connection, environment, _options.Ttl, cancellation)).State,
            EnvironmentView.Unknown(environment));

    private Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation) => ConnectAsync(_source, SessionName, cancellation);

    /// <summary>A session with the settings that every session of the program has, recorded nowhere: it reads, or asks for the hold.</summary>
    internal static async Task<NpgsqlConnection> ConnectAsync(NpgsqlDataSource source, string name, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { FencedConnections.SetUpCommand(name) } };
            await batch.ExecuteNonQueryAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<T> OrBeforeInstallation<T>(Func<Task<T>> ask, T nothing)
    {
        try
        {
            return await ask();
        }
        catch (PostgresException failure) when (PostgresLedgerFailures.IsMissingSchema(failure))
        {
            return nothing;
        }
    }

    private async Task<T> GuardedAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        try
        {
            return await work();
        }
        catch (NpgsqlException failure)
        {
            cancellation.ThrowIfCancellationRequested();
            throw PostgresLedgerFailures.Of(failure, _place, PostgresLedgerFailures.MayBeStandby(failure) && await IsStandbyAsync(cancellation));
        }
    }

    private async Task<bool> IsStandbyAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellation);
            await using var command = LedgerSql.Command(connection, "select pg_catalog.pg_is_in_recovery()");
            return await command.ExecuteScalarAsync(cancellation) is true;
        }
        catch (NpgsqlException)
        {
            // Only the choice between two messages depends on it; the first failure is the one to tell.
            return false;
        }
    }
}

using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.LedgerStores;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Opens the sessions of one hold; each is recorded before it is handed out, so that a take-over can end it.</summary>
public sealed class FencedConnections
{
    // A worker that hangs between two statements must not keep its locks for ever; the server then ends it (runtime-config-client).
    private const string SetUp =
        """
        select set_config('application_name', $1, false),
               set_config('search_path', 'pg_catalog', false),
               set_config('idle_in_transaction_session_timeout', '60000', false),
               set_config('lock_timeout', '0', false),
               set_config('statement_timeout', '0', false),
               -- off and local lose committed entries in a crash; what is stronger than on stays (runtime-config-wal).
               case when current_setting('synchronous_commit') in ('off', 'local') then set_config('synchronous_commit', 'on', false) end
        """;

    private const string Record =
        """
        insert into safe_deploy.session (environment, epoch, pid, backend_start, purpose)
        select $1, $2, a.pid, a.backend_start, $3 from pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid()
        """;

    private readonly NpgsqlDataSource _source;
    private readonly HoldLoss _loss;

    internal FencedConnections(NpgsqlDataSource source, DeploymentId deployment, string environment, int epoch, HoldLoss loss)
    {
        _source = source;
        _loss = loss;
        Deployment = deployment;
        Environment = environment;
        Epoch = epoch;
    }

    public DeploymentId Deployment { get; }

    public string Environment { get; }

    public int Epoch { get; }

    /// <summary>Of a hold that a <see cref="PostgresLedgerStore"/> gave.</summary>
    public static FencedConnections Of(ILedgerHold hold) =>
        hold is PostgresLedgerHold held ? held.Connections : throw new InvalidOperationException("the hold is not of a PostgreSQL ledger");

    /// <summary>A new session. Fails with SD0203 when another process took over, SD0201… when the server cannot be reached.</summary>
    /// <param name="purpose">One word for people, e.g. <c>worker-3</c>; stands in the session's application_name.</param>
    public async Task<FencedConnection> OpenAsync(string purpose, CancellationToken cancellation)
    {
        _loss.ThrowIfLost();
        var connection = _source.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellation);
            await using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    SetUpCommand($"safe-deploy/{Deployment}/{Epoch.ToString(CultureInfo.InvariantCulture)}/{purpose}"),
                    LedgerSql.Fence(Environment, Epoch),
                    LedgerSql.With(new NpgsqlBatchCommand(Record), LedgerSql.Text(Environment), LedgerSql.Integer(Epoch), LedgerSql.Text(purpose)),
                },
            };
            await batch.ExecuteNonQueryAsync(cancellation);
            return new FencedConnection(connection);
        }
        catch (PostgresException failure) when (PostgresLedgerFailures.IsFenced(failure))
        {
            await connection.DisposeAsync();
            throw Fenced(failure);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>What every session of the program begins with: its name, and settings that no database or role default may weaken.</summary>
    internal static NpgsqlBatchCommand SetUpCommand(string name) => LedgerSql.With(new NpgsqlBatchCommand(SetUp), LedgerSql.Text(name));

    /// <summary>The fence call, to be put first in every transaction.</summary>
    public NpgsqlBatchCommand Fence() => LedgerSql.Fence(Environment, Epoch);

    /// <summary>Writes a fact in the caller's transaction.</summary>
    public NpgsqlBatchCommand Entry(Guid id, StepName? step, LedgerFact fact) => LedgerSql.Entry(id, Deployment, Epoch, step, fact);

    /// <summary>For SQLSTATE <see cref="LedgerSchema.FencedState"/>: the hold is lost, and this is the problem to throw.</summary>
    public ProblemException Fenced(PostgresException failure)
    {
        var problem = LedgerProblems.WasTakenOver(Deployment, Environment, Epoch);
        _loss.Lose(problem);
        return new ProblemException(problem, failure);
    }
}

/// <summary>One recorded session of a hold; its row goes when it is disposed.</summary>
public sealed class FencedConnection : IAsyncDisposable
{
    // Unlocked here, not by the end of the session: the server notices that some moments after the client is gone.
    private const string Unlock = "select pg_catalog.pg_advisory_unlock_all()";

    private const string Forget =
        "delete from safe_deploy.session s using pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid() and s.pid = a.pid and s.backend_start = a.backend_start";

    internal FencedConnection(NpgsqlConnection connection) => Connection = connection;

    public NpgsqlConnection Connection { get; }

    /// <summary>The backend's process id, as pg_stat_activity and messages name it.</summary>
    public int Pid => Connection.ProcessID;

    /// <summary>Leaves the row when the session is broken or inside a transaction: the row of a session that is gone does no harm, the next hold removes it.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Connection.FullState == System.Data.ConnectionState.Open)
            {
                await using var batch = new NpgsqlBatch(Connection)
                {
                    BatchCommands = { new NpgsqlBatchCommand(Unlock), new NpgsqlBatchCommand(Forget) },
                    Timeout = 2,
                };
                await batch.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
        catch (NpgsqlException)
        {
            // The session is broken or in a failed transaction; closing it below ends it either way.
        }
        finally
        {
            await Connection.DisposeAsync();
        }
    }
}

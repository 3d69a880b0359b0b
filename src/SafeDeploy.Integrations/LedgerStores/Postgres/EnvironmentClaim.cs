using Npgsql;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <param name="Locked">False when a session of the former process still has the advisory lock.</param>
internal sealed record Claim(DeploymentId Deployment, int Epoch, bool Locked);

/// <summary>Raises the epoch, if the environment still is what was seen; of two that try, one wins.</summary>
/// <remarks>
/// The raise itself is no key update, so it does not wait for running transactions of the former process (explicit-locking,
/// "Row-Level Locks"); from its commit no new one passes the fence. <see cref="OlderSessions"/> then waits for the running ones.
/// </remarks>
internal sealed class EnvironmentClaim(NpgsqlConnection connection, AcquireRequest request, EnvironmentView seen)
{
    private const string Known = "insert into safe_deploy.environment (name) values ($1) on conflict do nothing";

    private const string Raise =
        """
        update safe_deploy.environment e
        set epoch = e.epoch + 1, deployment = $2, holder = $3::jsonb, heartbeat_at = clock_timestamp(), parked_until = null, concluded = false
        where e.name = $1 and e.epoch = $4 and e.concluded = $5 and e.parked_until is not distinct from $6
          and ($7::timestamptz is null or e.heartbeat_at = $7)
        returning e.epoch
        """;

    private const string Record =
        """
        insert into safe_deploy.session (environment, epoch, pid, backend_start, purpose)
        select $1, $2, a.pid, a.backend_start, 'keeper' from pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid()
        """;

    private const string Open =
        """
        insert into safe_deploy.deployment (id, environment, project, identity, attempt, from_release, to_release, run)
        values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb)
        """;

    private string Environment => request.Identity.Environment;

    /// <summary>Null when somebody else was faster.</summary>
    public async Task<Claim?> TakeAsync(HoldDecision decision, CancellationToken cancellation)
    {
        var deployment = decision switch
        {
            HoldDecision.OpenNew fresh => fresh.Deployment,
            HoldDecision.Resume resume => resume.Deployment.Id,
            _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, null),
        };
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await RaiseAsync(deployment, cancellation) is not { } epoch)
            return null;
        var locked = await TryLockAsync(cancellation);
        await RunAsync(Record, cancellation, LedgerSql.Text(Environment), LedgerSql.Integer(epoch));
        if (decision is HoldDecision.OpenNew opened)
            await OpenAsync(opened, epoch, cancellation);
        await transaction.CommitAsync(cancellation);
        return new Claim(deployment, epoch, locked);
    }

    private async Task<int?> RaiseAsync(DeploymentId deployment, CancellationToken cancellation)
    {
        if (seen.Row is null)
            await RunAsync(Known, cancellation, LedgerSql.Text(Environment));
        await using var command = LedgerSql.Command(
            connection,
            Raise,
            LedgerSql.Text(Environment),
            LedgerSql.Text(deployment.Value),
            LedgerSql.Text(LedgerJson.Write(request.Run)),
            LedgerSql.Integer(seen.State.Epoch),
            new NpgsqlParameter<bool> { TypedValue = seen.Row?.Concluded ?? true },
            LedgerSql.MaybeInstant(seen.Row?.ParkedUntil),
            // A hung holder that came back since is not dead any more.
            LedgerSql.MaybeInstant(seen.State.State == HoldState.Dead ? seen.Row?.HeartbeatAt : null));
        return await command.ExecuteScalarAsync(cancellation) is int epoch ? epoch : null;
    }

    private async Task<bool> TryLockAsync(CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(
            connection, "select pg_catalog.pg_try_advisory_lock($1)", LedgerSql.Long(AdvisoryLocks.Hold(Environment)));
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private async Task OpenAsync(HoldDecision.OpenNew opened, int epoch, CancellationToken cancellation)
    {
        var from = seen.State.LastCommitted?.To;
        await RunAsync(
            Open,
            cancellation,
            LedgerSql.Text(opened.Deployment.Value),
            LedgerSql.Text(Environment),
            LedgerSql.Text(request.Project),
            LedgerSql.Text(opened.IdentityKey),
            LedgerSql.Integer(opened.Attempt),
            LedgerSql.Text(from is null ? null : LedgerJson.Write(from)),
            LedgerSql.Text(LedgerJson.Write(request.To)),
            LedgerSql.Text(LedgerJson.Write(request.Run)));
        var fact = new LedgerFact.Opened(request.Project, Environment, from, request.To, request.Run, opened.Attempt);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { LedgerSql.Entry(Guid.NewGuid(), opened.Deployment, epoch, null, fact) },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private async Task RunAsync(string text, CancellationToken cancellation, params NpgsqlParameter[] parameters)
    {
        await using var command = LedgerSql.Command(connection, text, parameters);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

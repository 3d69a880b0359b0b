using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Restores out of sets of <see cref="PgDumpBackup"/>.</summary>
public sealed class PgDumpRestore : IRestoreMethod, IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly NpgsqlDataSource _source;
    private readonly BackupShelf _shelf;
    private readonly ICommandRunner _runner;
    private readonly TimeProvider _clock;
    private readonly PgDumpOptions _options;

    public PgDumpRestore(NpgsqlConnectionStringBuilder server, IBackupStore store, ICommandRunner runner, TimeProvider clock, PgDumpOptions options)
    {
        (_server, _runner, _clock, _options) = (server, runner, clock, options);
        _source = PostgresUrl.DataSource(server, "safe-deploy/restore");
        _shelf = new BackupShelf(store);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    public async Task<RestorePlan> PlanAsync(string set, IReadOnlyList<Scope> tenants, CancellationToken cancellation)
    {
        var (manifest, sha256) = await _shelf.RequireAsync(set, cancellation);
        if (manifest.Scopes.IsEmpty)
            throw new ProblemException(PgDumpProblems.TooLittleKnown(set));
        var facts = await _shelf.SetAsync(set, manifest, sha256, cancellation);
        var refusals = tenants.Where(t => !manifest.Scopes.ContainsKey(t.Schema)).Select(t => RestoreProblems.Unknown(t.Schema, set)).ToList();
        var wanted = tenants.Where(t => manifest.Scopes.ContainsKey(t.Schema)).ToList();
        await using var connection = await OpenAsync(cancellation);
        if (tenants.Count == 0)
            return await EverythingAsync(connection, manifest, facts, cancellation);
        foreach (var tenant in tenants)
            if (await TenantDependents.ReadAsync(connection, tenant, cancellation) is { IsEmpty: false } dependents)
                refusals.Add(RestoreProblems.Depends(tenant.Schema, dependents));
        foreach (var tenant in tenants)
            if (await DatabaseFacts.WorkingOnAsync(connection, manifest.Label.Environment, tenant.Schema, cancellation) is { IsEmpty: false } others)
                refusals.Add(RestoreProblems.OccupiedTenant(tenant.Schema, others));
        return new RestorePlan(facts, await new RestoreLosses(connection, manifest).ReadAsync(wanted, cancellation), [.. refusals]);
    }

    public Task<PreparedDatabase> PrepareAsync(string set, CancellationToken cancellation) => Reached(() => Everything.PrepareAsync(set, cancellation));

    public Task<SwappedDatabase> SwapAsync(DatabaseSwapCall call, CancellationToken cancellation) => Reached(() => Everything.SwapAsync(call, cancellation));

    public Task<bool> AbandonAsync(CancellationToken cancellation) => Reached(() => Everything.AbandonAsync(cancellation));

    public Task<FilesPlan> PlanFilesAsync(string set, CancellationToken cancellation) => Files.PlanAsync(set, cancellation);

    public Task<RestoredFiles> FilesAsync(string set, string safetySet, BackupLabel safety, CancellationToken cancellation) =>
        Files.RunAsync(set, safetySet, safety, cancellation);

    private FilesRestore Files => new(_shelf, _options, _clock);

    private DatabaseRestore Everything => new(_server, _source, _shelf, _runner, _options, _clock);

    private static async Task<RestorePlan> EverythingAsync(NpgsqlConnection connection, BackupManifest manifest, BackupSet facts, CancellationToken cancellation)
    {
        var standing = await DatabaseFacts.StandingAsync(connection, cancellation);
        var refusals = DatabaseFacts.Obstacles(standing).ToList();
        if (await DatabaseFacts.WorkingAsync(connection, manifest.Label.Environment, cancellation) is { IsEmpty: false } others)
            refusals.Add(RestoreProblems.Occupied(others));
        if (await DatabaseFacts.StrangersAsync(connection, manifest, cancellation) is { IsEmpty: false } owners)
            refusals.Add(RestoreProblems.Forbidden(
                $"schemas of the set belong to {string.Join(", ", owners.Select(o => $"\"{o}\""))}, and this user is not a member", standing.Name, "make the role where it is missing, and grant it to this user"));
        return new RestorePlan(facts, await new RestoreLosses(connection, manifest).EverythingAsync(cancellation), [.. refusals])
        {
            Database = standing.Name,
            LeftBehind = await DatabaseFacts.BesidesAsync(connection, cancellation),
        };
    }

    private async Task<T> Reached<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(_server), opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
        catch (IOException failure)
        {
            throw new ProblemException(LocalDisk.IsFull ? RestoreProblems.BecameFull(LocalDisk.Name, failure.Message) : BackupStoreProblems.Unusable(LocalDisk.Name, failure.Message), failure);
        }
    }

    public Task<RestoredTenant> TenantAsync(TenantRestoreCall call, CancellationToken cancellation) => Reached(() => OneTenantAsync(call, cancellation));

    private async Task<RestoredTenant> OneTenantAsync(TenantRestoreCall call, CancellationToken cancellation)
    {
        var (manifest, _) = await _shelf.RequireAsync(call.Set, cancellation);
        var part = manifest.Parts.FirstOrDefault(p => p.Scopes.Contains(call.Scope.Schema)) is { } found && manifest.Scopes.ContainsKey(call.Scope.Schema)
            ? found
            : throw new ProblemException(RestoreProblems.Unknown(call.Scope.Schema, call.Set));
        WorkFolder.Sweep();
        using var folder = WorkFolder.Make();
        var scripts = await ScriptsAsync(call, part, folder.Path, cancellation);
        return await RetriedAsync(call, manifest, scripts, cancellation);
    }

    public async Task<(ImmutableArray<string> Dropped, ImmutableArray<string> Held)> DropExpiredAsync(ILedgerHold hold, CancellationToken cancellation)
    {
        await using var session = await FencedConnections.Of(hold).OpenAsync("restore", cancellation);
        var schemas = await new KeptSchemas(session.Connection, FencedConnections.Of(hold)).DropExpiredAsync(_clock.GetUtcNow(), cancellation);
        var databases = await new KeptDatabases(session.Connection).DropExpiredAsync(_clock.GetUtcNow(), cancellation);
        return ([.. schemas.Dropped, .. databases.Dropped], [.. schemas.Held, .. databases.Held]);
    }

    /// <summary>The part is proved by its hash before anything of it is believed.</summary>
    private async Task<(string Before, string Rows, string After)> ScriptsAsync(TenantRestoreCall call, BackupPart part, string folder, CancellationToken cancellation)
    {
        using var file = await _shelf.PartAsync(call.Set, part.File, cancellation);
        if (await BackupVerifier.DamageAsync(file.Path, part, cancellation) is { } why)
            throw new ProblemException(PgDumpProblems.DamagedPart(call.Set, part.File, why));
        var scripts = new List<string>();
        foreach (var section in new[] { "pre-data", "data", "post-data" })
        {
            var script = Path.Combine(folder, $"{section}.sql");
            var result = await _runner.RunAsync(
                PgDumpCommands.Call(PgDumpCommands.Script(_options.Tool("pg_restore"), file.Path, section, call.Scope, script), null), cancellation);
            if (result.ExitCode != 0)
                // Its hash was right a moment ago: first of all it had nowhere to write.
                throw new ProblemException(LocalDisk.IsFull
                    ? RestoreProblems.BecameFull(LocalDisk.Name, result.Error)
                    : PgDumpProblems.DamagedPart(call.Set, part.File, $"can not be read by pg_restore: {result.Error.Trim()}"));
            scripts.Add(script);
        }

        return (scripts[0], scripts[1], scripts[2]);
    }

    private async Task<RestoredTenant> RetriedAsync(
        TenantRestoreCall call, BackupManifest manifest, (string, string, string) scripts, CancellationToken cancellation)
    {
        var fenced = FencedConnections.Of(call.Hold);
        await using var watch = new LockWatch(_source, _clock);
        for (var attempt = 0; ; attempt++)
        {
            LockHolder? holder = null;
            try
            {
                await using var session = await fenced.OpenAsync("restore", cancellation);
                var work = new TenantSwap(call, manifest, scripts, fenced, _clock).RunAsync(session, cancellation);
                holder = await watch.WatchAsync(session.Pid, work, LookEvery);
                return await work;
            }
            catch (PostgresException taken) when (PostgresLedgerFailures.IsFenced(taken))
            {
                throw fenced.Fenced(taken);
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                if (attempt >= call.Limits.Retries)
                    throw new ProblemException(RestoreProblems.Busy(call.Scope.Schema, Told(holder)), busy);
            }
            catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.DiskFull)
            {
                throw new ProblemException(RestoreProblems.BecameFull(PostgresUrl.Display(_server), $"{full.MessageText}   SQLSTATE {full.SqlState}"), full);
            }
            catch (NpgsqlException failure)
            {
                var state = failure is PostgresException server ? $"{server.MessageText}   SQLSTATE {server.SqlState}" : failure.Message;
                throw new ProblemException(RestoreProblems.Broke(call.Scope.Schema, state), failure);
            }
        }
    }

    private static string Told(LockHolder? holder) => holder is null
        ? "somebody holds a lock on them"
        : string.Create(CultureInfo.InvariantCulture, $"pid {holder.Pid} ({holder.Application}, {holder.State}{(holder.TransactionAge is { } age ? $", open for {age.TotalSeconds:0} s" : "")})");

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellation);
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(_server), opening: true) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Archives of groups of schemas by the stock pg_dump, all from one snapshot, in a store with a manifest.</summary>
public sealed class PgDumpBackup : IBackupMethod, IAsyncDisposable
{
    private const int Attempts = 2;
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly NpgsqlDataSource _source;
    private readonly ICommandRunner _runner;
    private readonly IBackupStore _store;
    private readonly BackupShelf _shelf;
    private readonly TimeProvider _clock;
    private readonly PgDumpOptions _options;
    private readonly ClientTools _tools;

    public PgDumpBackup(NpgsqlConnectionStringBuilder server, IBackupStore store, ICommandRunner runner, TimeProvider clock, PgDumpOptions options)
    {
        _server = server;
        // Hashing the rows of a large schema takes minutes in one statement; a server that is gone is found by the connection's own probes.
        _source = PostgresUrl.DataSource(
            new NpgsqlConnectionStringBuilder(server.ConnectionString) { CommandTimeout = 0, TcpKeepAlive = true, TcpKeepAliveTime = 30, TcpKeepAliveInterval = 10 }, "safe-deploy/backup");
        _runner = runner;
        _store = store;
        _shelf = new BackupShelf(store);
        _clock = clock;
        _options = options;
        _tools = new ClientTools(runner, options);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    public async Task<ImmutableArray<Problem>> ObstaclesAsync(int serverVersion, CancellationToken cancellation)
    {
        var found = (await _tools.ObstaclesAsync(serverVersion, cancellation)).ToBuilder();
        if (await _store.ObstacleAsync(cancellation) is { } unusable)
            found.Add(unusable);
        return found.ToImmutable();
    }

    public async Task<string> ToolsAsync(CancellationToken cancellation) =>
        $"{await _tools.NameAsync(cancellation)}, server {await ScalarAsync<string>("select current_setting('server_version')", cancellation)}";

    public async Task<BackupSpace> SpaceAsync(CancellationToken cancellation) =>
        new(2 * await ScalarAsync<long>("select pg_database_size(current_database())", cancellation), _store.FreeBytes(), _store.Workplace);

    public Task<BackupDisk> DiskAsync(CancellationToken cancellation) => StoreDisk.ReadAsync(_store, _server, _runner, cancellation);

    public async Task<BackupReceipt> TakeAsync(string set, IReadOnlyList<Scope> scopes, BackupLabel label, CancellationToken cancellation)
    {
        if (await FindAsync(set, cancellation) is { } taken)
            return taken;
        var version = await ScalarAsync<int>("select current_setting('server_version_num')::int", cancellation);
        if (await ObstaclesAsync(version, cancellation) is [var obstacle, ..])
            throw new ProblemException(obstacle);
        await RequireSpaceAsync(cancellation);
        var others = label.IsWhole ? await OthersAsync(scopes, cancellation) : new OtherSchemas([], []);
        var taking = new Taking(set, [.. scopes, .. others.Readable], others, label, version);
        var watch = new SpaceWatch(_store, _options.Floor, _clock);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var changed = await watch.WhileAsync(token => DumpAsync(taking, token), cancellation);
                if (changed.IsEmpty)
                    return await FindAsync(set, cancellation) ?? throw new ProblemException(PgDumpProblems.Unknown(set, _store.Location));
                if (attempt == Attempts)
                    throw new ProblemException(PgDumpProblems.Changed(changed));
            }
        }
        catch (IOException failure)
        {
            throw new ProblemException(OfDisk(failure.Message), failure);
        }
        finally
        {
            await _store.AbandonAsync(set);
        }
    }

    public async Task<BackupReceipt> VerifyAsync(string set, BackupVerification level, CancellationToken cancellation)
    {
        var started = _clock.GetTimestamp();
        var (manifest, sha256) = await _shelf.RequireAsync(set, cancellation);
        var verifier = new BackupVerifier(_shelf, _runner, _options, _clock);
        try
        {
            await verifier.PartsAsync(manifest, listed: level != BackupVerification.Checksum, cancellation);
            if (level == BackupVerification.Restore)
                await verifier.ByRestoreAsync(manifest, _source, _server, cancellation);
        }
        catch (ProblemException broken) when (broken.Problem.Info == PgDumpProblems.Damaged || broken.Problem.Info == PgDumpProblems.NotProved)
        {
            // What was proved once is not any more: retention must not lean on it.
            await _shelf.RememberAsync(set, Record(""), cancellation);
            throw;
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(_options.Scratch ?? _server), opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }

        await _shelf.RememberAsync(set, Record(VerificationLevels.Word(level)), cancellation);
        return Receipt(manifest, sha256, VerificationLevels.Word(level));

        VerificationRecord Record(string word) => new(word, _clock.GetUtcNow(), sha256, _clock.GetElapsedTime(started).TotalSeconds);
    }

    public async Task<BackupReceipt?> FindAsync(string set, CancellationToken cancellation) =>
        await _shelf.ReadAsync(set, cancellation) is { } found ? Receipt(found.Manifest, found.Sha256, "") : null;

    public async Task<ImmutableArray<BackupSet>> SetsAsync(CancellationToken cancellation)
    {
        var sets = new List<BackupSet>();
        foreach (var name in await _store.SetsAsync(cancellation))
        {
            try
            {
                if (await _shelf.ReadAsync(name, cancellation) is { } found)
                    sets.Add(await _shelf.SetAsync(name, found.Manifest, found.Sha256, cancellation));
            }
            catch (ProblemException damaged) when (damaged.Problem.Info == PgDumpProblems.Damaged)
            {
                // A folder whose manifest is damaged is no set: nobody can say whose it is, so it is neither offered nor pruned.
                continue;
            }
        }

        return [.. sets.OrderByDescending(s => s.TakenAt).ThenBy(s => s.Name, StringComparer.Ordinal)];
    }

    public Task DeleteAsync(string set, CancellationToken cancellation) => _store.DeleteAsync(set, cancellation);

    private sealed record Taking(string Set, IReadOnlyList<Scope> Scopes, OtherSchemas Others, BackupLabel Label, int ServerVersion);

    /// <returns>Tables whose storage changed meanwhile; the set is complete only when there is none.</returns>
    private async Task<ImmutableArray<string>> DumpAsync(Taking taking, CancellationToken cancellation)
    {
        var (set, scopes, others, label, serverVersion) = taking;
        var started = _clock.GetTimestamp();
        var folder = await _store.BeginAsync(set, cancellation);
        try
        {
            var schemas = scopes.Select(s => s.Schema).ToArray();
            var counters = await CountersAsync(schemas, cancellation);
            await using var holder = await HoldAsync(cancellation);
            var costs = await CostsAsync(holder, scopes, cancellation);
            var before = await holder.StorageAsync(scopes, cancellation);
            var tool = await _tools.MajorAsync(cancellation);
            using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var facts = new SnapshotFacts(_source, holder.Snapshot, _options.LockWait).ReadAsync(costs, _options.Workers, counters, together.Token);
            var parts = await PartsAsync(set, folder, costs, tool, holder, together, facts);
            var read = await facts;
            var versions = await holder.VersionsAsync(cancellation);
            var changed = await SnapshotHolder.ChangedAsync(_source, scopes, before, cancellation);
            if (!changed.IsEmpty)
                return changed;
            var files = await FilesAsync(set, folder, cancellation);
            var (globals, notes) = await GlobalsAsync(set, folder, cancellation);
            var manifest = new BackupManifest(
                BackupManifest.CurrentFormat, set, label, _clock.GetUtcNow(), PostgresUrl.Display(_server), serverVersion, tool, holder.Snapshot,
                [.. parts, .. globals, .. files.Parts], versions, [.. notes, .. others.Unreadable.Select(o => $"schema \"{o}\" is not in this set: this user may not read all of it")])
            {
                DatabaseBytes = await ScalarAsync<long>("select pg_database_size(current_database())", cancellation),
                Scopes = read.Scopes,
                Histories = read.Histories,
                Extensions = read.Extensions,
                Late = read.Late,
                Others = [.. others.Readable.Select(o => o.Schema)],
                CountersSince = counters.Since,
                Files = files.Files,
                Seconds = _clock.GetElapsedTime(started).TotalSeconds,
            };
            await _shelf.CompleteAsync(set, folder, manifest, cancellation);
            return [];
        }
        catch (PostgresException locked) when (locked.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new ProblemException(await LockedRelations.ProblemAsync(_source, PostgresUrl.Display(_server), _options.LockWait, locked.MessageText, cancellation), locked);
        }
        catch (PostgresException failure) when (failure.SqlState is not (PostgresErrorCodes.InvalidParameterValue or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown))
        {
            throw new ProblemException(PgDumpProblems.Unreadable($"{failure.MessageText}   SQLSTATE {failure.SqlState}"), failure);
        }
        catch (NpgsqlException failure)
        {
            // 22023 is "invalid snapshot identifier": its holder is gone.
            throw new ProblemException(PgDumpProblems.LostSnapshot(failure.Message), failure);
        }
    }

    private async Task<OtherSchemas> OthersAsync(IReadOnlyList<Scope> known, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        return await OtherSchemas.ReadAsync(connection, known, cancellation);
    }

    private async Task<WriteCounters> CountersAsync(string[] schemas, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        return await WriteCounters.ReadAsync(connection, schemas, cancellation);
    }

    private async Task<SnapshotHolder> HoldAsync(CancellationToken cancellation)
    {
        try
        {
            return await SnapshotHolder.TakeAsync(_source, cancellation);
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(_server), opening: true) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }

    private static async Task<ImmutableArray<SchemaCost>> CostsAsync(SnapshotHolder holder, IReadOnlyList<Scope> scopes, CancellationToken cancellation)
    {
        var costs = await holder.CostsAsync(scopes, cancellation);
        var missing = scopes.Except(costs.Select(c => c.Scope)).Select(s => s.Schema).ToArray();
        return missing.Length == 0 ? costs : throw new ProblemException(PgDumpProblems.NoSchemas(missing));
    }

    /// <summary>The dumps and the fingerprints run at once; the first failure of either ends both.</summary>
    private async Task<ImmutableArray<BackupPart>> PartsAsync(
        string set, string folder, ImmutableArray<SchemaCost> costs, int tool, SnapshotHolder holder, CancellationTokenSource together, Task<SnapshotFacts.Read> facts)
    {
        var maxLocks = await ScalarAsync<long>(
            "select current_setting('max_locks_per_transaction')::bigint * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)", together.Token);
        var groups = SchemaGroups.Of(costs, _options.Workers, maxLocks);
        var parts = new BackupPart[groups.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = _options.Workers, CancellationToken = together.Token };
        var dumps = Parallel.ForAsync(0, groups.Length, options, async (i, token) =>
        {
            var name = groups[i][0].Scope is Scope.Public ? "public.dump" : string.Create(CultureInfo.InvariantCulture, $"tenants-{i:000}.dump");
            parts[i] = await PartAsync(set, folder, name, groups[i], tool, holder, token);
        });
        try
        {
            await Task.WhenAny(dumps, facts).Unwrap();
            await dumps;
            return [.. parts];
        }
        catch
        {
            await together.CancelAsync();
            // Both have to be over before the snapshot's session is; the first failure is the one that is told.
            await Task.WhenAll(dumps, facts).ContinueWith(ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    private async Task<BackupPart> PartAsync(
        string set, string folder, string name, ImmutableArray<SchemaCost> group, int tool, SnapshotHolder holder, CancellationToken cancellation)
    {
        var file = Path.Combine(folder, name);
        var result = await _runner.RunAsync(
            PgDumpCommands.Call(PgDumpCommands.Dump(_options, tool, holder.Snapshot, file + ".tmp", group.Select(g => g.Scope)), _server), cancellation);
        if (result.ExitCode != 0)
            throw new ProblemException(await WhyAsync(name, result, holder, cancellation));
        var (bytes, hash) = await PartHash.SealAsync(file + ".tmp", cancellation);
        File.Move(file + ".tmp", file);
        await _store.KeepAsync(set, name, cancellation);
        return new BackupPart(name, bytes, hash, [.. group.Select(g => g.Scope.Schema)], group.Sum(g => g.Tables));
    }

    /// <summary>pg_dump ends with 1 whatever went wrong: the snapshot and the disk are asked themselves.</summary>
    private async Task<Problem> WhyAsync(string part, CommandResult result, SnapshotHolder holder, CancellationToken cancellation)
    {
        try
        {
            await using var probe = await _source.OpenConnectionAsync(cancellation);
            if (!await holder.IsAliveAsync(probe, cancellation))
                return PgDumpProblems.LostSnapshot(result.Error);
        }
        catch (NpgsqlException gone)
        {
            return PgDumpProblems.LostSnapshot(gone.Message);
        }

        if (_store.FreeBytes() is { } free and < 1 << 20)
            return PgDumpProblems.Full(_store.Workplace, free, _options.Floor, result.Error);
        return await LockedRelations.ProblemAsync(_source, PostgresUrl.Display(_server), result.Error, cancellation)
            ?? PgDumpProblems.Failed(part, result.ExitCode, $"{result.Error.TrimEnd()}\n(snapshot {holder.Snapshot})");
    }

    private async Task<(ImmutableArray<BackupPart> Parts, ImmutableArray<KeptFile> Files)> FilesAsync(string set, string folder, CancellationToken cancellation)
    {
        if (_options.Files.IsEmpty)
            return ([], []);
        var archive = Path.Combine(folder, FilesPart.Name);
        var files = await FilesPart.WriteAsync(archive, _options.Folder, _options.Files, cancellation);
        var (bytes, hash) = await PartHash.SealAsync(archive, cancellation);
        await _store.KeepAsync(set, FilesPart.Name, cancellation);
        return ([new BackupPart(FilesPart.Name, bytes, hash, [], 0)], files);
    }

    /// <summary>Roles are not the deployment's to restore; without the right to read them the set says that they are not in it.</summary>
    private async Task<(ImmutableArray<BackupPart>, ImmutableArray<string>)> GlobalsAsync(string set, string folder, CancellationToken cancellation)
    {
        const string Name = "globals.sql";
        var file = Path.Combine(folder, Name);
        var result = await _runner.RunAsync(PgDumpCommands.Call(PgDumpCommands.Globals(_options.Tool("pg_dumpall"), file), _server), cancellation);
        if (result.ExitCode != 0)
        {
            File.Delete(file);
            return ([], [$"globals (roles, tablespaces) are not in this set: pg_dumpall ended with exit code {result.ExitCode}"]);
        }

        var (bytes, hash) = await PartHash.SealAsync(file, cancellation);
        await _store.KeepAsync(set, Name, cancellation);
        return ([new BackupPart(Name, bytes, hash, [], 0)], []);
    }

    private BackupReceipt Receipt(BackupManifest manifest, string sha256, string level) => new(
        manifest.Set, _store.PlaceOf(manifest.Set), manifest.Parts.Sum(p => p.Bytes), manifest.Parts.Length, sha256, manifest.TakenAt, level,
        [.. manifest.Parts.SelectMany(p => p.Scopes).Except(manifest.Others)]);

    private async Task RequireSpaceAsync(CancellationToken cancellation)
    {
        if (_store.FreeBytes() is not { } free)
            return;
        var database = await ScalarAsync<long>("select pg_database_size(current_database())", cancellation);
        var forecast = SpaceForecast.Of(database, FilesPart.Size(_options.Folder, _options.Files), await LastAsync(cancellation));
        if (free < forecast.Bytes + _options.Floor)
            throw new ProblemException(PgDumpProblems.TooSmall(_store.Workplace, forecast.Bytes + _options.Floor, free, forecast.How));
    }

    /// <summary>The newest set of this database tells how small a dump of it is.</summary>
    private async Task<BackupManifest?> LastAsync(CancellationToken cancellation)
    {
        var display = PostgresUrl.Display(_server);
        foreach (var set in await SetsAsync(cancellation))
            if ((await _shelf.ReadAsync(set.Name, cancellation))?.Manifest is { DatabaseBytes: > 0 } manifest && manifest.Database == display)
                return manifest;
        return null;
    }

    private Problem OfDisk(string message) => _store.FreeBytes() is { } free and < 1 << 20
        ? PgDumpProblems.Full(_store.Workplace, free, _options.Floor, message)
        : BackupStores.BackupStoreProblems.Unusable(_store.Workplace, message);

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

    private async Task<T> ScalarAsync<T>(string sql, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (T)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(_server), opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }
}

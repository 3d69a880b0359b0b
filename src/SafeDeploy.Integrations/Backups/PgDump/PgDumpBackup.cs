using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Archives of groups of schemas by the stock pg_dump, all from one snapshot, in a folder with a manifest.</summary>
public sealed class PgDumpBackup : IBackupMethod, IAsyncDisposable
{
    private const int Attempts = 2;
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly NpgsqlDataSource _source;
    private readonly ICommandRunner _runner;
    private readonly BackupFolder _folder;
    private readonly TimeProvider _clock;
    private readonly string _bin;
    private readonly int _workers;

    /// <param name="store">An absolute <c>file:///…</c> folder.</param>
    /// <param name="bin">Folder of the client tools; empty = found by PATH.</param>
    public PgDumpBackup(NpgsqlConnectionStringBuilder server, Uri store, ICommandRunner runner, TimeProvider clock, string bin = "", int workers = 2)
    {
        _server = server;
        _source = PostgresUrl.DataSource(server, "safe-deploy/backup");
        _runner = runner;
        _folder = new BackupFolder(store.LocalPath);
        _clock = clock;
        _bin = bin;
        _workers = workers;
    }

    private string Tool(string name) => _bin.Length == 0 ? name : Path.Combine(_bin, name);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    public async Task<ImmutableArray<Problem>> ObstaclesAsync(int serverVersion, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<Problem>();
        foreach (var tool in new[] { "pg_dump", "pg_restore" })
        {
            var (major, problem) = await MajorAsync(tool, cancellation);
            if (problem is not null)
                found.Add(problem);
            else if (major < serverVersion / 10000)
                found.Add(PgDumpProblems.TooOld(tool, major, serverVersion / 10000));
        }

        if (_folder.Obstacle() is { } unusable)
            found.Add(unusable);
        return found.ToImmutable();
    }

    public async Task<BackupSpace> SpaceAsync(CancellationToken cancellation) =>
        new(2 * await ScalarAsync<long>("select pg_database_size(current_database())", cancellation), _folder.FreeBytes(), _folder.Store);

    public async Task<BackupReceipt> TakeAsync(string set, IReadOnlyList<Scope> scopes, BackupLabel label, CancellationToken cancellation)
    {
        if (await FindAsync(set, cancellation) is { } taken)
            return taken;
        var version = await ScalarAsync<int>("select current_setting('server_version_num')::int", cancellation);
        if (await ObstaclesAsync(version, cancellation) is [var obstacle, ..])
            throw new ProblemException(obstacle);
        await RequireSpaceAsync(cancellation);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var changed = await DumpAsync(set, scopes, label, version, cancellation);
                if (changed.IsEmpty)
                    return await FindAsync(set, cancellation) ?? throw new ProblemException(PgDumpProblems.Unknown(set, _folder.Store));
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
            _folder.Abandon(set);
        }
    }

    public async Task<BackupReceipt> VerifyAsync(string set, BackupVerification level, CancellationToken cancellation)
    {
        var manifest = await _folder.ReadAsync(set, cancellation) ?? throw new ProblemException(PgDumpProblems.Unknown(set, _folder.Store));
        foreach (var part in manifest.Parts)
        {
            if (await DamageAsync(set, part, cancellation) is { } why)
                throw new ProblemException(PgDumpProblems.DamagedPart(set, part.File, why));
            if (level == BackupVerification.List && !part.Scopes.IsEmpty && await ListDamageAsync(set, part, cancellation) is { } gap)
                throw new ProblemException(PgDumpProblems.DamagedPart(set, part.File, gap));
        }

        return await ReceiptAsync(manifest, level == BackupVerification.List ? "list" : "checksum", cancellation);
    }

    public async Task<BackupReceipt?> FindAsync(string set, CancellationToken cancellation) =>
        await _folder.ReadAsync(set, cancellation) is { } manifest ? await ReceiptAsync(manifest, "", cancellation) : null;

    /// <returns>Tables whose storage changed meanwhile; the set is complete only when there is none.</returns>
    private async Task<ImmutableArray<string>> DumpAsync(
        string set, IReadOnlyList<Scope> scopes, BackupLabel label, int serverVersion, CancellationToken cancellation)
    {
        var folder = _folder.Begin(set);
        await using var holder = await HoldAsync(cancellation);
        try
        {
            var costs = await CostsAsync(holder, scopes, cancellation);
            var before = await holder.StorageAsync(scopes, cancellation);
            var (tool, _) = await MajorAsync("pg_dump", cancellation);
            var maxLocks = await ScalarAsync<long>(
                "select current_setting('max_locks_per_transaction')::bigint * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)", cancellation);
            var parts = await PartsAsync(folder, SchemaGroups.Of(costs, _workers, maxLocks), tool, holder, cancellation);
            var (globals, notes) = await GlobalsAsync(folder, cancellation);
            var changed = await SnapshotHolder.ChangedAsync(_source, scopes, before, cancellation);
            if (!changed.IsEmpty)
                return changed;
            var manifest = new BackupManifest(
                1, set, label, _clock.GetUtcNow(), PostgresUrl.Display(_server), serverVersion, tool, holder.Snapshot,
                [.. parts, .. globals], await holder.VersionsAsync(cancellation), notes);
            await _folder.CompleteAsync(set, manifest, cancellation);
            return [];
        }
        catch (NpgsqlException failure)
        {
            throw new ProblemException(PgDumpProblems.LostSnapshot(failure.Message), failure);
        }
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

    private async Task<ImmutableArray<BackupPart>> PartsAsync(
        string folder, ImmutableArray<ImmutableArray<SchemaCost>> groups, int tool, SnapshotHolder holder, CancellationToken cancellation)
    {
        var parts = new BackupPart[groups.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = _workers, CancellationToken = cancellation };
        await Parallel.ForAsync(0, groups.Length, options, async (i, token) =>
        {
            var group = groups[i];
            var name = group[0].Scope is Scope.Public ? "public.dump" : string.Create(CultureInfo.InvariantCulture, $"tenants-{i:000}.dump");
            var file = Path.Combine(folder, name);
            var result = await _runner.RunAsync(
                PgDumpCommands.Call(PgDumpCommands.Dump(Tool("pg_dump"), tool, holder.Snapshot, file + ".tmp", group.Select(g => g.Scope)), _server), token);
            if (result.ExitCode != 0)
                throw new ProblemException(await WhyAsync(name, result, holder, token));
            var (bytes, hash) = await BackupFolder.SealAsync(file + ".tmp", token);
            File.Move(file + ".tmp", file);
            parts[i] = new BackupPart(name, bytes, hash, [.. group.Select(g => g.Scope.Schema)], group.Sum(g => g.Tables));
        });
        return [.. parts];
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

        return _folder.FreeBytes() is { } free and < 1 << 20
            ? PgDumpProblems.Full(_folder.Store, free, result.Error)
            : PgDumpProblems.Failed(part, result.ExitCode, $"{result.Error.TrimEnd()}\n(snapshot {holder.Snapshot})");
    }

    /// <summary>Roles are not the deployment's to restore; without the right to read them the set says that they are not in it.</summary>
    private async Task<(ImmutableArray<BackupPart>, ImmutableArray<string>)> GlobalsAsync(string folder, CancellationToken cancellation)
    {
        var file = Path.Combine(folder, "globals.sql");
        var result = await _runner.RunAsync(PgDumpCommands.Call(PgDumpCommands.Globals(Tool("pg_dumpall"), file), _server), cancellation);
        if (result.ExitCode != 0)
        {
            File.Delete(file);
            return ([], [$"globals (roles, tablespaces) are not in this set: pg_dumpall ended with exit code {result.ExitCode}"]);
        }

        var (bytes, hash) = await BackupFolder.SealAsync(file, cancellation);
        return ([new BackupPart("globals.sql", bytes, hash, [], 0)], []);
    }

    private async Task<string?> DamageAsync(string set, BackupPart part, CancellationToken cancellation)
    {
        var file = Path.Combine(_folder.PathOf(set), part.File);
        if (!File.Exists(file))
            return "is missing";
        await using var stream = File.OpenRead(file);
        if (stream.Length != part.Bytes)
            return string.Create(CultureInfo.InvariantCulture, $"has {stream.Length} bytes, its manifest says {part.Bytes}");
        return await BackupFolder.HashAsync(stream, cancellation) == part.Sha256 ? null : "differs from the SHA-256 in its manifest";
    }

    private async Task<string?> ListDamageAsync(string set, BackupPart part, CancellationToken cancellation)
    {
        var file = Path.Combine(_folder.PathOf(set), part.File);
        var tables = 0;
        var call = PgDumpCommands.Call(PgDumpCommands.List(Tool("pg_restore"), file), null) with
        {
            // "3405; 0 16400 TABLE DATA tenant_a sale owner": the list of 2,000 tenants is longer than what a result keeps.
            OnLine = line => Interlocked.Add(ref tables, line.Contains(" TABLE DATA ", StringComparison.Ordinal) ? 1 : 0),
        };
        var result = await _runner.RunAsync(call, cancellation);
        if (result.ExitCode != 0)
            return $"can not be listed: {result.Error.Trim()}";
        return tables >= part.Tables ? null : $"lists the data of {tables} of {part.Tables} tables";
    }

    private async Task<BackupReceipt> ReceiptAsync(BackupManifest manifest, string level, CancellationToken cancellation) => new(
        manifest.Set, _folder.PathOf(manifest.Set), manifest.Parts.Sum(p => p.Bytes), manifest.Parts.Length,
        await _folder.ManifestHashAsync(manifest.Set, cancellation), manifest.TakenAt, level, [.. manifest.Parts.SelectMany(p => p.Scopes)]);

    private async Task RequireSpaceAsync(CancellationToken cancellation)
    {
        // Twice the database is preflight's rule; a dump is never larger than the database itself.
        var space = await SpaceAsync(cancellation);
        if (space.FreeBytes < space.NeededBytes / 2)
            throw new ProblemException(PgDumpProblems.TooSmall(space.Where, space.NeededBytes / 2, space.FreeBytes.Value));
    }

    private async Task<(int Major, Problem? Problem)> MajorAsync(string tool, CancellationToken cancellation)
    {
        try
        {
            var result = await _runner.RunAsync(PgDumpCommands.Call(PgDumpCommands.Version(Tool(tool)), null), cancellation);
            return result.ExitCode == 0 && PgDumpCommands.Major(result.Output) is { } major
                ? (major, null)
                : (0, PgDumpProblems.Missing(Tool(tool), result.Error));
        }
        catch (ProblemException failure)
        {
            return (0, PgDumpProblems.Missing(Tool(tool), failure.Problem.What));
        }
    }

    private Problem OfDisk(string message) => _folder.FreeBytes() is { } free and < 1 << 20
        ? PgDumpProblems.Full(_folder.Store, free, message)
        : PgDumpProblems.Unusable(_folder.Store, message);

    private async Task<T> ScalarAsync<T>(string sql, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellation);
            await using var command = new NpgsqlCommand(sql, connection);
            return (T)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(_server), opening: true) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }
}

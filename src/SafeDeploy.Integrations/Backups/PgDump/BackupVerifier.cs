using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Proves a set: by its hashes, by its lists, by restoring it. Throws at the first damage.</summary>
internal sealed class BackupVerifier(BackupShelf shelf, ICommandRunner runner, PgDumpOptions options, TimeProvider clock)
{
    // Measured: a restored schema takes about what it took before; sorting its indexes takes the rest meanwhile.
    private const double RestoreNeeds = 1.3;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <param name="listed">Also reads each archive's own list of contents.</param>
    public async Task PartsAsync(BackupManifest manifest, bool listed, CancellationToken cancellation)
    {
        foreach (var part in manifest.Parts)
        {
            using var file = await shelf.PartAsync(manifest.Set, part.File, cancellation);
            if (await DamageAsync(file.Path, part, cancellation) is { } why)
                throw new ProblemException(PgDumpProblems.DamagedPart(manifest.Set, part.File, why));
            if (listed && await ListDamageAsync(file.Path, part, manifest, cancellation) is { } gap)
                throw new ProblemException(PgDumpProblems.DamagedPart(manifest.Set, part.File, gap));
        }
    }

    /// <summary>One part alone; for a restore that needs no other.</summary>
    public static async Task<string?> DamageAsync(string path, BackupPart part, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(path);
        if (stream.Length != part.Bytes)
            return string.Create(CultureInfo.InvariantCulture, $"has {stream.Length} bytes, its manifest says {part.Bytes}");
        return await PartHash.OfAsync(stream, cancellation) == part.Sha256 ? null : "differs from the SHA-256 in its manifest";
    }

    /// <param name="original">The database that was backed up: the scratch database gets its encoding and locale.</param>
    public async Task ByRestoreAsync(BackupManifest manifest, NpgsqlDataSource original, NpgsqlConnectionStringBuilder target, CancellationToken cancellation)
    {
        var server = options.Scratch ?? target;
        await RequireSpaceAsync(manifest, server, PgDumpProblems.ScratchTooSmall, cancellation);
        await using var scratch = await ScratchDatabase.CreateAsync(original, server, await ScratchNames.NextAsync(server, clock, cancellation), cancellation);
        // Another server need not know the roles, and grants to them are part of the structure.
        var isAtHome = options.Scratch is null;
        await new WholeRestore(shelf, runner, options).RestoreAsync(manifest, scratch.Server, isAtHome, cancellation);
        var different = await WholeRestore.DifferencesAsync(manifest, scratch.Server, isAtHome, Patience, cancellation);
        if (!different.IsEmpty)
            throw new ProblemException(PgDumpProblems.NotAsBackedUp(
                manifest.Set, string.Create(CultureInfo.InvariantCulture, $"{different.Length} of {manifest.Scopes.Count} schemas restored from set \"{manifest.Set}\" are not what was backed up"),
                string.Join('\n', different.Take(20))));
    }

    /// <summary>A restore that fills the disk of the server that it proves something for would be worse than none.</summary>
    /// <param name="refused">Server, bytes needed, bytes free.</param>
    public static async Task RequireSpaceAsync(
        BackupManifest manifest, NpgsqlConnectionStringBuilder server, Func<string, long, long, Problem> refused, CancellationToken cancellation)
    {
        if (await ServerDisk.FreeBytesAsync(server, cancellation) is not { } free)
            return;
        var needed = (long)(RestoreNeeds * manifest.Scopes.Values.Sum(s => s.Bytes));
        if (free < needed)
            throw new ProblemException(refused(PostgresUrl.Display(server), needed, free));
    }

    private async Task<string?> ListDamageAsync(string path, BackupPart part, BackupManifest manifest, CancellationToken cancellation)
    {
        if (part.File == FilesPart.Name)
            return await FilesPart.DamageAsync(path, manifest.Files, cancellation);
        if (part.Scopes.IsEmpty)
            return null;
        var tables = 0;
        var call = PgDumpCommands.Call(PgDumpCommands.List(options.Tool("pg_restore"), path), null) with
        {
            // "3405; 0 16400 TABLE DATA tenant_a sale owner": the list of 2,000 tenants is longer than what a result keeps.
            OnLine = line => Interlocked.Add(ref tables, line.Contains(" TABLE DATA ", StringComparison.Ordinal) ? 1 : 0),
        };
        var result = await runner.RunAsync(call, cancellation);
        if (result.ExitCode != 0)
            return $"can not be listed: {result.Error.Trim()}";
        return tables >= part.Tables ? null : $"lists the data of {tables} of {part.Tables} tables";
    }
}

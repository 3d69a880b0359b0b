using System.Text.Json;
using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Manifests in and out of a store.</summary>
internal sealed class BackupShelf(IBackupStore store)
{
    private const string Verified = "verified.json";

    public IBackupStore Store { get; } = store;

    /// <summary>The manifest last, then the set's own name.</summary>
    public async Task CompleteAsync(string set, string folder, BackupManifest manifest, CancellationToken cancellation)
    {
        var file = Path.Combine(folder, SetNames.Manifest);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (var stream = new FileStream($"{file}.tmp", options))
        {
            await JsonSerializer.SerializeAsync(stream, manifest, BackupJson.Default.BackupManifest, cancellation);
            stream.Flush(flushToDisk: true);
        }

        File.Move($"{file}.tmp", file);
        await Store.CompleteAsync(set, SetNames.Manifest, cancellation);
    }

    /// <summary>Null when there is no complete set of this name. A manifest that can not be read is damage.</summary>
    public async Task<(BackupManifest Manifest, string Sha256)?> ReadAsync(string set, CancellationToken cancellation)
    {
        using var file = await Store.OpenAsync(set, SetNames.Manifest, cancellation);
        if (file is null)
            return null;
        try
        {
            await using var stream = File.OpenRead(file.Path);
            var manifest = await JsonSerializer.DeserializeAsync(stream, BackupJson.Default.BackupManifest, cancellation);
            if (manifest is null or { Format: < 1 or > BackupManifest.CurrentFormat })
                throw new ProblemException(PgDumpProblems.DamagedPart(set, SetNames.Manifest, "has a format that this version does not know"));
            stream.Position = 0;
            return (manifest, await PartHash.OfAsync(stream, cancellation));
        }
        catch (JsonException failure)
        {
            throw new ProblemException(PgDumpProblems.DamagedPart(set, SetNames.Manifest, "can not be read as JSON"), failure);
        }
    }

    /// <summary>Fails with SD0509 when there is no such set.</summary>
    public async Task<(BackupManifest Manifest, string Sha256)> RequireAsync(string set, CancellationToken cancellation) =>
        await ReadAsync(set, cancellation) ?? throw new ProblemException(PgDumpProblems.Unknown(set, Store.Location));

    /// <summary>A part on this machine; one that is gone is damage.</summary>
    public async Task<StoredFile> PartAsync(string set, string part, CancellationToken cancellation) =>
        await Store.OpenAsync(set, part, cancellation) ?? throw new ProblemException(PgDumpProblems.DamagedPart(set, part, "is missing"));

    /// <summary>Kept beside the manifest; a lower level does not take the place of a higher one, an empty one takes every place.</summary>
    public async Task RememberAsync(string set, VerificationRecord record, CancellationToken cancellation)
    {
        var standing = await VerifiedAsync(set, record.ManifestSha256, cancellation);
        if (standing is not null && record.Level.Length > 0 && VerificationLevels.Rank(standing.Level) > VerificationLevels.Rank(record.Level))
            return;
        await Store.WriteAsync(set, Verified, JsonSerializer.Serialize(record, BackupJson.Default.VerificationRecord), cancellation);
    }

    /// <summary>A complete set in one line, with how it was proved.</summary>
    public async Task<BackupSet> SetAsync(string set, BackupManifest manifest, string manifestSha256, CancellationToken cancellation)
    {
        var verified = await VerifiedAsync(set, manifestSha256, cancellation);
        return new BackupSet(
            set, manifest.Label, manifest.TakenAt, verified?.Level ?? "", manifest.Parts.Sum(p => p.Bytes), manifest.Parts.Sum(p => p.Scopes.Length))
        {
            VerifiedAt = verified?.At,
        };
    }

    /// <summary>How the set was proved, or null: never, found damaged since, or its manifest is another one since.</summary>
    private async Task<VerificationRecord?> VerifiedAsync(string set, string manifestSha256, CancellationToken cancellation)
    {
        using var file = await Store.OpenAsync(set, Verified, cancellation);
        if (file is null)
            return null;
        try
        {
            var record = JsonSerializer.Deserialize(await File.ReadAllTextAsync(file.Path, cancellation), BackupJson.Default.VerificationRecord);
            return record is { Level.Length: > 0 } && record.ManifestSha256 == manifestSha256 ? record : null;
        }
        catch (JsonException)
        {
            // A word beside the set that can not be read proves nothing; the set itself may be whole.
            return null;
        }
    }
}

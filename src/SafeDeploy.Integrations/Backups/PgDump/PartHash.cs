using System.Security.Cryptography;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Sizes and hashes of a set's files.</summary>
internal static class PartHash
{
    /// <summary>Size and hash of a finished part, after it is on the disk and not only in its cache.</summary>
    public static async Task<(long Bytes, string Sha256)> SealAsync(string file, CancellationToken cancellation)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 20, useAsync: true);
        File.SetUnixFileMode(stream.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        stream.Flush(flushToDisk: true);
        return (stream.Length, await OfAsync(stream, cancellation));
    }

    public static async Task<string> OfAsync(Stream stream, CancellationToken cancellation) =>
        Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));

    public static async Task<string> OfFileAsync(string file, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(file);
        return await OfAsync(stream, cancellation);
    }
}

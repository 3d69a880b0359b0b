using System.Security.Cryptography;
using System.Text;

namespace SafeDeploy.Migrations;

/// <summary>One file of a migration folder.</summary>
/// <param name="Path">Below the folder, with forward slashes.</param>
/// <param name="Text">As it is on disk, byte order mark included; empty for what is neither SQL nor settings.</param>
public sealed record MigrationFile(string Path, string Text)
{
    public string FileName => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The directory below the folder, or empty for a file at its top.</summary>
    public string Directory => Path.LastIndexOf('/') is var slash and > 0 ? Path[..slash] : "";

    public bool IsSql => Path.EndsWith(".sql", StringComparison.OrdinalIgnoreCase);

    /// <summary><c>sha256:…</c> over the bytes with CRLF read as LF, so that a checkout on Windows has the same sum.</summary>
    public string Checksum =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text.Replace("\r\n", "\n", StringComparison.Ordinal))))}";

    /// <summary>The text as the server may read it: a byte order mark is a syntax error there.</summary>
    public string Sql => Text.TrimStart('\uFEFF');
}

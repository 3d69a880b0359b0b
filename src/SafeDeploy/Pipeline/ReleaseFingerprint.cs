using System.Security.Cryptography;
using System.Text;
using SafeDeploy.Migrations;

namespace SafeDeploy.Pipeline;

/// <summary>Hashes that make two calls the same deployment.</summary>
public static class ReleaseFingerprint
{
    /// <summary>Of both migration sets: kind, version and checksum of each file, in order.</summary>
    public static string OfMigrations(params IEnumerable<MigrationSet> sets) => Hash(string.Join(
        '\n', sets.SelectMany(s => s.Migrations.Select(m => $"{s.Kind} {m.Version} {m.Checksum}"))));

    /// <summary>Of what is released: version, image digest, migrations.</summary>
    public static string Of(string version, string? digest, string migrations) => Hash($"{version}\n{digest}\n{migrations}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}

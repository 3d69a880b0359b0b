using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;

namespace SafeDeploy.Tests.Pipeline;

/// <summary>What makes two calls one deployment: written in ledgers, so it never changes.</summary>
public sealed class ReleaseFingerprintTests
{
    private static MigrationSet Set(ScopeKind kind, params string[] checksums) => new(kind, "golang-migrate", "db",
        [.. checksums.Select((sum, i) => new Migration(new MigrationVersion($"{i + 1}"), $"m{i}", sum, new MigrationScript("", "", 1), null, MigrationHeader.None))]);

    [Fact]
    public void The_same_release_has_the_same_fingerprint_in_every_version_of_the_program() =>
        Assert.Equal("d53c1453e4fb47ba", ReleaseFingerprint.Of("v1", "sha256:1", "m1"));

    [Fact]
    public void Version_digest_and_migrations_each_make_another_release()
    {
        var all = new[]
        {
            ReleaseFingerprint.Of("v1", "sha256:1", "m1"), ReleaseFingerprint.Of("v2", "sha256:1", "m1"),
            ReleaseFingerprint.Of("v1", "sha256:2", "m1"), ReleaseFingerprint.Of("v1", null, "m1"), ReleaseFingerprint.Of("v1", "sha256:1", "m2"),
        };
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void A_changed_file_an_added_one_and_another_folder_each_make_another_set()
    {
        var all = new[]
        {
            ReleaseFingerprint.OfMigrations(Set(ScopeKind.Public, "a", "b")), ReleaseFingerprint.OfMigrations(Set(ScopeKind.Public, "a", "c")),
            ReleaseFingerprint.OfMigrations(Set(ScopeKind.Public, "a")), ReleaseFingerprint.OfMigrations(Set(ScopeKind.Tenants, "a", "b")),
            ReleaseFingerprint.OfMigrations(Set(ScopeKind.Public, "a"), Set(ScopeKind.Tenants, "b")),
        };
        Assert.Equal(all.Length, all.Distinct().Count());
    }
}

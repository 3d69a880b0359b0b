using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace SafeDeploy.Migrations;

/// <summary>Which of the two folders a migration comes from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScopeKind>))]
public enum ScopeKind
{
    [JsonStringEnumMemberName("public")] Public,
    [JsonStringEnumMemberName("tenants")] Tenants,
}

[JsonConverter(typeof(JsonStringEnumConverter<Direction>))]
public enum Direction
{
    [JsonStringEnumMemberName("forward")] Forward,
    [JsonStringEnumMemberName("rollback")] Rollback,
}

/// <summary>The phase of a change in expand / migrate / contract; <see cref="Unknown"/> is never treated as expand.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Phase>))]
public enum Phase
{
    [JsonStringEnumMemberName("unknown")] Unknown,
    [JsonStringEnumMemberName("expand")] Expand,
    [JsonStringEnumMemberName("migrate")] Migrate,
    [JsonStringEnumMemberName("contract")] Contract,
}

/// <summary>One SQL text of a migration, as it is on disk.</summary>
/// <param name="Path">As the configuration reaches it, with forward slashes; for messages.</param>
/// <param name="Sql">The section for this direction, verbatim.</param>
/// <param name="FirstLine">1-based line of <paramref name="Path"/> at which <paramref name="Sql"/> begins.</param>
public sealed record MigrationScript(string Path, string Sql, int FirstLine);

/// <summary>One step of a schema's history with its way there and, where it has one, its way back.</summary>
/// <param name="Version">Orders the set; unique within it.</param>
/// <param name="Checksum"><c>sha256:…</c> over the forward file's bytes with CRLF read as LF.</param>
/// <param name="Rollback">Null when the migration has no way back.</param>
public sealed record Migration(
    MigrationVersion Version,
    string Name,
    string Checksum,
    MigrationScript Forward,
    MigrationScript? Rollback,
    MigrationHeader Header);

/// <summary>What a <c>-- safe-deploy: …</c> comment says; every field is what its absence means by default.</summary>
/// <param name="Phase">Stated phase, or <see cref="Phase.Unknown"/> when not stated.</param>
/// <param name="NoTransaction">The file runs statement by statement outside a transaction.</param>
/// <param name="Irreversible">The author says that the change cannot be undone, whatever files exist.</param>
/// <param name="Because">The written reason, or empty.</param>
public sealed record MigrationHeader(Phase Phase, bool NoTransaction, bool Irreversible, string Because)
{
    /// <summary>Of a contract: version or digest of the release that stopped using what is removed. Empty when not stated.</summary>
    public string After { get; init; } = "";

    public static readonly MigrationHeader None = new(Phase.Unknown, false, false, "");
}

/// <summary>All migrations of one kind, ordered by version, as the working copy has them.</summary>
/// <param name="Layout">The detected or stated layout, e.g. <c>golang-migrate</c>.</param>
/// <param name="Folder">As configured.</param>
public sealed record MigrationSet(ScopeKind Kind, string Layout, string Folder, ImmutableArray<Migration> Migrations)
{
    /// <summary>The layout of a set that another program keeps: its order is the program's own, not the versions'.</summary>
    public const string OfCommand = "command";

    public static MigrationSet Empty(ScopeKind kind) => new(kind, "none", "", []);
}

/// <summary>One migration that a scope's history says is applied.</summary>
/// <param name="RollbackSql">The way back as it was when the migration was applied; survives the loss of the file. Null = none.</param>
/// <param name="Deployment">The deployment that applied it, or null when adopted.</param>
/// <param name="Partial">Begun outside a transaction and not ended: still pending on the way forward, and there to be undone on the way back.</param>
public sealed record AppliedMigration(
    MigrationVersion Version,
    string Name,
    string Checksum,
    string? RollbackSql,
    MigrationHeader Header,
    string? Deployment,
    bool Partial = false);

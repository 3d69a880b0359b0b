using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>One folder of SQL files and how it is run.</summary>
/// <param name="BaseDirectory">The configuration file's directory; the folder is relative to it.</param>
/// <param name="Shared">Tables (<c>schema.table</c>) outside the tenant that its migrations may lock or write.</param>
public sealed record SqlFilesOptions(
    ScopeKind Kind,
    string BaseDirectory,
    MigrationEngineSettings.SqlFiles Files,
    MigrationLimits Limits,
    ImmutableArray<string> Shared);

/// <param name="Retries">How often a scope is tried again after a lock, deadlock, serialization failure or lost connection.</param>
public sealed record MigrationLimits(TimeSpan LockTimeout, TimeSpan StatementTimeout, int Retries);

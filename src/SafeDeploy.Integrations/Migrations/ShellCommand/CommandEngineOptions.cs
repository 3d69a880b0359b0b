using SafeDeploy.Config;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.ShellCommand;

/// <summary>Another program's migrations and how it is called.</summary>
/// <param name="BaseDirectory">Where the program runs: the configuration file's directory.</param>
public sealed record CommandEngineOptions(
    ScopeKind Kind, string BaseDirectory, MigrationEngineSettings.Command Commands, CommandLimits Limits, Secret DatabaseUrl);

/// <param name="Command">Of one call of the program for one scope.</param>
public sealed record CommandLimits(TimeSpan LockTimeout, TimeSpan StatementTimeout, TimeSpan Command);

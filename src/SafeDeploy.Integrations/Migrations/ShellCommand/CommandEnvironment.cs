using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.ShellCommand;

/// <summary>What a migration program finds in its environment; documented in docs/guides/command-engine.md.</summary>
internal static class CommandEnvironment
{
    /// <param name="deployment">Empty outside a deployment (status, sql).</param>
    public static ImmutableDictionary<string, string> Of(CommandEngineOptions options, Scope scope, string deployment) => new Dictionary<string, string>
    {
        ["SAFE_DEPLOY_SCHEMA"] = scope.Schema,
        ["SAFE_DEPLOY_KIND"] = scope is Scope.Public ? "public" : "tenant",
        ["SAFE_DEPLOY_DATABASE_URL"] = options.DatabaseUrl.Reveal(),
        ["SAFE_DEPLOY_DEPLOYMENT"] = deployment,
        ["PGOPTIONS"] = PgOptions(scope, options.Limits),
        ["PGAPPNAME"] = "safe-deploy/command",
    }.ToImmutableDictionary(StringComparer.Ordinal);

    // libpq splits the value at blanks; a backslash keeps the next character (libpq-connect, "options").
    private static string PgOptions(Scope scope, CommandLimits limits)
    {
        var path = scope is Scope.Public ? scope.Sql : $"{scope.Sql},{new Scope.Public().Sql}";
        var escaped = path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"-c search_path={escaped} -c lock_timeout={(long)limits.LockTimeout.TotalMilliseconds} -c statement_timeout={(long)limits.StatementTimeout.TotalMilliseconds}");
    }
}

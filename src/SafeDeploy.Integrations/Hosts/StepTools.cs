using System.Collections.Immutable;
using SafeDeploy.Config;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>The programs of others that a step will start, and which of them are not there. Pure.</summary>
public static class StepTools
{
    private static readonly ImmutableArray<string> TakesBackup = ["run", "preflight", "backup"];
    private static readonly ImmutableArray<string> Client = ["pg_dump", "pg_restore"];

    /// <param name="search">The variable PATH.</param>
    /// <param name="exists">Whether a file is there.</param>
    public static ImmutableArray<string> Missing(string step, DeployConfig? config, string search, Func<string, bool> exists)
    {
        if (config?.Backup is not { } backup || !TakesBackup.Contains(step))
            return [];
        var folders = backup.Client is { Length: > 0 } client ? [client] : search.Split(':', StringSplitOptions.RemoveEmptyEntries);
        return [.. Client.Where(tool => !folders.Any(folder => exists(Path.Combine(folder, tool))))];
    }
}

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores.ShellCommand;

/// <summary>Programs of the project keep the files; what they are asked stands in their environment (docs/guides/backup-stores.md).</summary>
/// <param name="folder">Where they are started.</param>
public sealed class CommandFiles(StoreCommands commands, string folder, ICommandRunner runner) : IRemoteFiles
{
    // As much as a runner keeps of what a program prints; of more its beginning would be missing.
    private const int LongestList = 1 << 20;

    // A list or a removal that hangs would hold the deployment; keeping and getting take as long as they take.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public string PlaceOf(string name) => $"command:{name}";

    public Task PutAsync(string name, string file, CancellationToken cancellation) => RunAsync("put", commands.Put, name, file, null, cancellation);

    /// <remarks>Asked first whether it is there: an exit code could mean that as well as any failure.</remarks>
    public async Task<bool> GetAsync(string name, string file, CancellationToken cancellation)
    {
        if (!(await ListAsync(name, cancellation)).Contains(name, StringComparer.Ordinal))
            return false;
        await RunAsync("get", commands.Get, name, file, null, cancellation);
        return File.Exists(file)
            ? true
            : throw new ProblemException(BackupStoreProblems.Refused(PlaceOf(name), "get ended with 0 and wrote no file", "", "let it write to SAFE_DEPLOY_FILE, or end with another code"));
    }

    public async Task<ImmutableArray<string>> ListAsync(string prefix, CancellationToken cancellation)
    {
        var result = await RunAsync("list", commands.List, prefix, "", Patience, cancellation);
        if (result.Output.Length >= LongestList)
            throw new ProblemException(BackupStoreProblems.Refused(
                PlaceOf(prefix), "list printed more than 1 MiB", "", "let it print only the names that begin with SAFE_DEPLOY_NAME; set backup.keep, so that old sets are pruned"));
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line.StartsWith(prefix, StringComparison.Ordinal) && line.Split('/') is [var set, var file] && SetNames.CanBe(set) && SetNames.CanBe(file))];
    }

    public Task DeleteAsync(string name, CancellationToken cancellation) => RunAsync("delete", commands.Delete, name, "", Patience, cancellation);

    /// <summary>An upload that did not end is the program's own business.</summary>
    public Task SweepAsync(string prefix, CancellationToken cancellation) => Task.CompletedTask;

    private async Task<CommandResult> RunAsync(
        string doing, ImmutableArray<string> command, string name, string file, TimeSpan? limit, CancellationToken cancellation)
    {
        var environment = new Dictionary<string, string> { ["SAFE_DEPLOY_DOING"] = doing, ["SAFE_DEPLOY_NAME"] = name, ["SAFE_DEPLOY_FILE"] = file };
        var result = await runner.RunAsync(new CommandCall(command, environment.ToImmutableDictionary(StringComparer.Ordinal), folder, limit), cancellation);
        return result is { ExitCode: 0, TimedOut: false }
            ? result
            : throw new ProblemException(BackupStoreProblems.Refused(
                PlaceOf(name), result.TimedOut ? $"{doing} did not end within {Patience.TotalMinutes:0} minutes" : $"{doing} ended with exit code {result.ExitCode}", Words(result)));
    }

    private static string Words(CommandResult result) => (result.Error.Length > 0 ? result.Error : result.Output).Trim();
}

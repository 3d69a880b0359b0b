using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Are the sets on the file system that the server's data is on? Both numbers come from <c>stat</c> (st_dev, stat(2)).</summary>
internal static class StoreDisk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<BackupDisk> ReadAsync(IBackupStore store, NpgsqlConnectionStringBuilder server, ICommandRunner runner, CancellationToken cancellation)
    {
        if (store.KeepsInWorkplace is not true)
            return store.KeepsInWorkplace is false
                ? new BackupDisk(false, $"the sets are kept at {store.Location}")
                : new BackupDisk(null, $"on which disk {store.Location} is, cannot be seen from here");
        if (await ServerDisk.FolderAsync(server, cancellation) is not { } data)
            return new BackupDisk(null, "where the server keeps its data is not told, or not on this machine");
        return (await DeviceAsync(store.Workplace, runner, cancellation), await DeviceAsync(data, runner, cancellation)) switch
        {
            ({ } sets, { } rows) when sets == rows => new BackupDisk(true, $"{store.Location} is on the file system of the database ({data})"),
            ({ }, { }) => new BackupDisk(false, $"{store.Location} is on another file system than the database ({data})"),
            _ => new BackupDisk(null, $"this user may not look at {store.Location} and {data}"),
        };
    }

    /// <summary>Of the nearest folder above that exists: a store is made when it is first needed.</summary>
    private static async Task<string?> DeviceAsync(string folder, ICommandRunner runner, CancellationToken cancellation)
    {
        var at = new DirectoryInfo(folder);
        while (!at.Exists && at.Parent is { } parent)
            at = parent;
        try
        {
            // -L: a folder that is a link is where it points.
            var call = new CommandCall(["stat", "-L", "-c", "%d", at.FullName], ImmutableDictionary<string, string>.Empty, null, Patience);
            var result = await runner.RunAsync(call, cancellation);
            return result.ExitCode == 0 ? result.Output.Trim() : null;
        }
        catch (ProblemException)
        {
            // A system without stat: then it is not known.
            return null;
        }
    }
}

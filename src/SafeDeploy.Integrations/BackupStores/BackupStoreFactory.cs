using SafeDeploy.Config;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Integrations.BackupStores.S3;
using SafeDeploy.Integrations.BackupStores.ShellCommand;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.BackupStores;

/// <summary>The one table: a store's kind → its constructor.</summary>
public static class BackupStoreFactory
{
    /// <param name="folder">Where the configuration file lies; programs start there.</param>
    public static IBackupStore Open(BackupSettings settings, string folder, ICommandRunner runner) => settings.Store.Scheme switch
    {
        "file" => new FolderStore(settings.Store.LocalPath, MountTable.OfThisContainer()),
        "s3" => new RemoteStore(new S3Files(settings.Store, settings.S3, S3Limits.Default)),
        "command" when settings.Command is { } commands => new RemoteStore(new CommandFiles(commands, folder, runner)),
        var other => throw new InvalidOperationException($"no store {other}"),
    };
}

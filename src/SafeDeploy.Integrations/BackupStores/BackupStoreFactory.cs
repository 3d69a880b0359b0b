using SafeDeploy.Config;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Integrations.BackupStores.Host;
using SafeDeploy.Integrations.BackupStores.S3;
using SafeDeploy.Integrations.BackupStores.ShellCommand;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.BackupStores;

/// <summary>The one table: a store's kind → its constructor.</summary>
public static class BackupStoreFactory
{
    public static IBackupStore Open(BackupSettings settings, StoreContext context) => settings.Store.Scheme switch
    {
        "file" => new FolderStore(settings.Store.LocalPath, MountTable.OfThisContainer()),
        "host" when MountTable.OfThisContainer() is null => new FolderStore(HostFolder(settings), null),
        "host" => new RemoteStore(new HostFiles(HostFolder(settings), new DockerEngine(context.Engine, context.Clock), context.Machine, context.Clock)),
        "s3" => new RemoteStore(new S3Files(settings.Store, settings.S3, S3Limits.Default)),
        "command" when settings.Command is { } commands => new RemoteStore(new CommandFiles(commands, context.Folder, context.Runner)),
        var other => throw new InvalidOperationException($"no store {other}"),
    };

    private static string HostFolder(BackupSettings settings) => Uri.UnescapeDataString(settings.Store.AbsolutePath).TrimEnd('/');
}

/// <summary>What a store may need of where we run.</summary>
/// <param name="Folder">Where the configuration file lies; programs start there.</param>
/// <param name="Machine">Name of this machine; inside a container its own id.</param>
/// <param name="Engine">The engine that runs this container, where one does.</param>
public sealed record StoreContext(string Folder, string Machine, Uri Engine, TimeProvider Clock, ICommandRunner Runner);

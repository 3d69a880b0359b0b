using SafeDeploy.Config;
using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.BackupStores;

/// <summary>The one table: a store's kind → its constructor.</summary>
public static class BackupStoreFactory
{
    public static IBackupStore Open(BackupSettings settings) => settings.Store.Scheme switch
    {
        "file" => new FolderStore(settings.Store.LocalPath, MountTable.OfThisContainer()),
        var other => throw new InvalidOperationException($"no store {other}"),
    };
}

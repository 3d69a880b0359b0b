using SafeDeploy.Integrations.BackupStores.Folder;
using SafeDeploy.Ports;

namespace SafeDeploy.DatabaseTests.Backups.Stores;

public sealed class FolderStoreTests : BackupStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safe-deploy-store").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override IBackupStore Open() => new FolderStore(_folder, null);
}

using SafeDeploy.Integrations.BackupStores.Folder;

namespace SafeDeploy.Tests.Backup;

public sealed class MountTableTests
{
    private const string InContainer = """
        1 0 0:61 / / rw,relatime - overlay overlay rw,lowerdir=/a
        2 1 0:64 / /proc rw,nosuid - proc proc rw
        3 1 0:65 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k
        4 1 8:1 /srv/backups /backups rw,relatime - ext4 /dev/sda1 rw
        5 1 8:1 /var/lib/docker/volumes/pos_backups/_data /named rw,relatime - ext4 /dev/sda1 rw
        6 1 8:1 /var/lib/docker/volumes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/_data /nameless rw,relatime - ext4 /dev/sda1 rw
        7 1 0:70 / /with\040blank rw master:1 - nfs4 server:/x rw
        8 4 0:71 / /backups/fast rw - tmpfs tmpfs rw
        """;

    [Theory]
    [InlineData("/backups", null)]
    [InlineData("/backups/pos/prod", null)]
    [InlineData("/named/x", null)]
    [InlineData("/with blank/x", null)]
    [InlineData("/backups-elsewhere", "/ (overlay)")]
    [InlineData("/var/backups", "/ (overlay)")]
    [InlineData("/backups/fast/x", "/backups/fast (tmpfs)")]
    [InlineData("/dev/shm-like", "/dev (tmpfs)")]
    [InlineData("/nameless", "/nameless, a volume without a name")]
    public void A_folder_that_dies_with_the_container_is_known(string folder, string? perishes) =>
        Assert.Equal(perishes, MountTable.Parse(InContainer).Perishable(folder));
}

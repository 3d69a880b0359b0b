using SafeDeploy.Integrations.BackupStores;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>The disk of this machine's temporary files, which a restore writes between archive and server.</summary>
internal static class LocalDisk
{
    // A tool that found no room has left less than one of its buffers.
    private const long NextToNothing = 1 << 20;

    public static string Name => WorkFolder.Place;

    public static bool IsFull => FreeSpace.Of(Name) is < NextToNothing;
}

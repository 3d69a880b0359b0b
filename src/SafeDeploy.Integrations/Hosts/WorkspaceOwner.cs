using System.Runtime.InteropServices;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>A container action runs as root; what it leaves in the workspace must not be root's, or the next checkout fails.</summary>
public static partial class WorkspaceOwner
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint Ownership = 0x18; // STATX_UID | STATX_GID

    /// <summary>Gives these paths, and what is below them, to whom the workspace belongs. Nothing to do for another user than root.</summary>
    public static void Give(string workspace, IEnumerable<string> paths, string user)
    {
        if (user != "root" || !OperatingSystem.IsLinux() || Of(workspace) is not { } owner || owner is (0, 0))
            return;
        foreach (var path in paths.Select(p => Path.Combine(workspace, p)))
        {
            Change(path, owner);
            // Links are given, not followed: they may lead out of the workspace.
            foreach (var below in Directory.EnumerateFileSystemEntries(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
                Change(below, owner);
        }
    }

    private static (uint User, uint Group)? Of(string path) =>
        StatX(CurrentFolder, path, 0, Ownership, out var stat) == 0 ? (stat.User, stat.Group) : null;

    private static void Change(string path, (uint User, uint Group) owner)
    {
        if (LChown(path, owner.User, owner.Group) != 0)
            throw new IOException($"\"{path}\" cannot be given to user {owner.User}");
    }

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int LChown(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatX(int folder, string path, int flags, uint mask, out Stat stat);

    // struct statx of the kernel: fixed on every architecture, 256 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Stat
    {
        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;
    }
}

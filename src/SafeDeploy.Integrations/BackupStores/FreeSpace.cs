namespace SafeDeploy.Integrations.BackupStores;

/// <summary>What is free on a folder's disk.</summary>
internal static class FreeSpace
{
    /// <summary>Of the nearest folder above that exists; null where there is none.</summary>
    public static long? Of(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (at.Exists)
                return new DriveInfo(at.FullName).AvailableFreeSpace;
        return null;
    }
}

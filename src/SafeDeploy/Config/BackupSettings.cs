namespace SafeDeploy.Config;

/// <param name="Store">An absolute <c>file:///…</c> folder that survives the runner.</param>
public sealed record BackupSettings(Uri Store, BackupVerification Verify);

/// <summary>How a backup is proved before it counts.</summary>
public enum BackupVerification
{
    /// <summary>The files' SHA-256 equal the manifest's.</summary>
    Checksum,

    /// <summary>In addition the archive's table of contents is read and compared.</summary>
    List,
}

namespace SafeDeploy.Integrations.BackupStores.S3;

/// <param name="PartSize">A larger file goes in parts of this size, in bytes; 5 MiB at least.</param>
/// <param name="Retries">So often a call is repeated that broke or was asked to slow down, with growing pauses.</param>
public sealed record S3Limits(long PartSize, int Retries)
{
    public static readonly S3Limits Default = new(16 << 20, 4);
}

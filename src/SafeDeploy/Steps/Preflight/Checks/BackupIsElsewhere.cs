using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

/// <summary>A disk that breaks takes everything on it: the backup is somewhere else than the database.</summary>
internal sealed class BackupIsElsewhere : IPreflightCheck
{
    public string Name => "disk of the backup";

    public async Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        if (subject.Backup is not { } backup || subject.Config.Backup is not { } settings)
            return [];
        var disk = await backup.DiskAsync(cancellation);
        return [disk.IsDatabases switch
        {
            null => new PreflightFinding.Unknown(disk.Words),
            false => new PreflightFinding.Good(disk.Words),
            true when settings.OnSameDisk => new PreflightFinding.Good($"{disk.Words}; backup.same_disk allows it"),
            true => new PreflightFinding.Refusal(Found(SameDisk, disk.Words, settings.Store.ToString(),
                "keep the sets elsewhere (docs/guides/backup-stores.md); where that cannot be: backup.same_disk: allowed")),
        }];
    }
}

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class BackupCanBeTaken : IPreflightCheck
{
    public string Name => "backup tools and store";

    public async Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        if (subject.Backup is not { } backup)
            return [];
        var obstacles = await backup.ObstaclesAsync(subject.Facts.VersionNumber, cancellation);
        return obstacles.IsEmpty
            ? [new PreflightFinding.Good("client tools as new as the server, store writable")]
            : [.. obstacles.Select(o => new PreflightFinding.Refusal(o))];
    }
}

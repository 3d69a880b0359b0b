using System.Globalization;
using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class BackupSpaceIsThere : IPreflightCheck
{
    public string Name => "disk for the backup";

    public async Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        if (subject.Backup is not { } backup)
            return [];
        var space = await backup.SpaceAsync(cancellation);
        if (space.FreeBytes is not { } free)
            return [new PreflightFinding.Unknown($"{space.Where} does not tell what is free; up to {Megabytes(space.NeededBytes)} may be needed")];
        return free >= space.NeededBytes
            ? [new PreflightFinding.Good($"{Megabytes(free)} free, {Megabytes(space.NeededBytes)} is twice the database")]
            :
            [
                new PreflightFinding.Refusal(Found(SpaceMissing,
                    $"{Megabytes(free)} free, twice the database is {Megabytes(space.NeededBytes)}", space.Where, "free space there, or choose another backup.store")),
            ];
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB");
}

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Pipeline;

/// <param name="Set">As it is listed after the proof.</param>
/// <param name="Sha256">Of its manifest.</param>
public sealed record ProvedBackup(BackupSet Set, string Sha256, TimeSpan Took);

/// <summary><c>backup --verify</c>: proves a set that is there. The database is read at most; a scratch database comes and goes.</summary>
public sealed class BackupProof(World world)
{
    /// <param name="set">Null = the newest of this environment.</param>
    /// <exception cref="ProblemException">The set is not there, damaged (SD0508), or not what was backed up (SD0515).</exception>
    public async Task<ProvedBackup> ProveAsync(string? set, BackupVerification level, CancellationToken cancellation)
    {
        var backup = world.Backup ?? throw new ProblemException(ManualRestoreProblems.NoStore());
        var name = set ?? (await MineAsync(backup, cancellation)).FirstOrDefault()?.Name ?? throw new ProblemException(ManualRestoreProblems.NoSet(world.Config.EnvironmentName));
        var started = world.Clock.GetTimestamp();
        var receipt = await backup.VerifyAsync(name, level, cancellation);
        var took = world.Clock.GetElapsedTime(started);
        return new ProvedBackup((await backup.SetsAsync(cancellation)).First(s => s.Name == name), receipt.Sha256, took);
    }

    private async Task<ImmutableArray<BackupSet>> MineAsync(IBackupMethod backup, CancellationToken cancellation) =>
        [.. (await backup.SetsAsync(cancellation)).Where(s => s.IsWholeOf(world.Config.Project, world.Config.EnvironmentName))];
}

using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ports;
using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

/// <summary>What <c>backup.require</c> asks of the sets that are there; and a look at them where this deployment takes none.</summary>
internal sealed class BackupIsRecent : IPreflightCheck
{
    // Yesterday's nightly set, and an hour for the night that was busy.
    private static readonly TimeSpan UsuallyRecent = TimeSpan.FromHours(25);

    public string Name => "recent backup";

    public async Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        if (subject.Backup is not { } backup || subject.Config.Backup is not { } settings)
            return [];
        var required = settings.Require;
        if (required == BackupRequirements.None && subject.TakesBackup)
            return [];
        var sets = (await backup.SetsAsync(cancellation)).Where(s => s.IsWholeOf(subject.Config.Project, subject.Config.EnvironmentName)).ToArray();
        var findings = new List<PreflightFinding>();
        if (required.Recent is { } recent)
            findings.Add(Recent(sets, recent, subject));
        else if (!subject.TakesBackup)
            findings.Add(Recent(sets, UsuallyRecent, subject) is PreflightFinding.Refusal { Problem: var old } ? Warned(old) : Recent(sets, UsuallyRecent, subject));
        if (required.Restored is { } restored)
            findings.Add(Restored(sets, restored, subject));
        return findings;
    }

    private static PreflightFinding Recent(BackupSet[] sets, TimeSpan most, PreflightSubject subject)
    {
        var newest = sets.Where(s => s.VerifiedLevel.Length > 0).MaxBy(s => s.TakenAt);
        if (newest is not null && subject.Now - newest.TakenAt <= most)
            return new PreflightFinding.Good($"{newest.Name}, {Words(subject.Now - newest.TakenAt)} old, verified by {newest.VerifiedLevel}");
        return new PreflightFinding.Refusal(Found(NoRecentBackup,
            newest is null ? "there is no verified backup of this environment" : $"the newest verified backup is {Words(subject.Now - newest.TakenAt)} old, at most {Words(most)} are allowed",
            newest?.Name ?? subject.Config.Backup!.Store.ToString(), "safe-deploy backup"));
    }

    private static PreflightFinding Restored(BackupSet[] sets, TimeSpan most, PreflightSubject subject)
    {
        var proved = sets.Where(s => s.VerifiedLevel == "restore" && s.VerifiedAt is not null).MaxBy(s => s.VerifiedAt);
        if (proved?.VerifiedAt is { } at && subject.Now - at <= most)
            return new PreflightFinding.Good($"{proved.Name} was proved by restore {Words(subject.Now - at)} ago");
        return new PreflightFinding.Refusal(Found(NotTried,
            proved?.VerifiedAt is { } last ? $"a restore was tried {Words(subject.Now - last)} ago, at most {Words(most)} are allowed" : "no backup of this environment was ever proved by restoring it",
            proved?.Name ?? subject.Config.Backup!.Store.ToString(), "safe-deploy backup --verify restore"));
    }

    private static PreflightFinding.Warning Warned(Problems.Problem old) =>
        new(PreflightProblems.Warned(NoRecentBackup, $"{old.What}, and this deployment takes none", old.Where, "leave --skip backup away"));

    private static string Words(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => "less than a minute",
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min"),
        { TotalDays: < 3 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} days"),
    };
}

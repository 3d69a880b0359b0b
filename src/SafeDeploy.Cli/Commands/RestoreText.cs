using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Reporting;

namespace SafeDeploy.Cli.Commands;

/// <summary>Sets and plans of <c>restore</c> in words. Pure.</summary>
public static class RestoreText
{
    public static BackupSetLine Line(BackupSet set) =>
        new(set.Name, set.Label.Deployment, set.Label.Release, set.TakenAt, set.VerifiedLevel, set.VerifiedAt, set.Bytes, set.Schemas);

    public static string Of(string environment, ImmutableArray<BackupSet> sets) => sets.IsEmpty
        ? $"environment {environment} has no backup set\n"
        : string.Concat(sets.Select(s => string.Create(CultureInfo.InvariantCulture,
            $"{s.TakenAt:u}  {Verified(s.VerifiedLevel),-19}  {s.Bytes / 1048576.0,8:0.0} MB  {s.Schemas,5} schemas  {s.Label.Release}  {s.Name}\n")));

    // A screen of paths is enough to know what kind of files they are; the numbers are exact.
    private const int Shown = 10;

    /// <summary>One line a schema: what comes back, and what goes; those that lose nothing are counted where everything is restored.</summary>
    public static IEnumerable<string> Of(RestorePlan plan)
    {
        yield return Header(plan.Set);
        var isEverything = plan.Database.Length > 0;
        foreach (var loss in plan.Losses.Where(l => !isEverything || l.Written != 0 || !l.IsInSet))
            yield return Of(loss);
        if (!isEverything)
            yield break;
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{plan.Losses.Count(l => l.IsInSet)} schemas, {plan.Losses.Sum(l => l.Rows)} rows come back; in {plan.Losses.Count(l => l.IsInSet && l.Written == 0)} of them nothing was written since");
        foreach (var other in plan.LeftBehind)
            yield return $"{other}: in no set; stays in the database as it is kept";
        yield return $"database \"{plan.Database}\" goes on serving until its restored copy is proved; then every session is ended, and it is kept, closed, under another name";
    }

    public static IEnumerable<string> Of(FilesPlan plan)
    {
        yield return Header(plan.Set);
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{plan.Missing.Length} files come back, {plan.Changed.Length} are replaced ({plan.Newer.Length} of them written after the set was taken), {plan.Equal} are equal, {plan.Extra} that the set does not have stay");
        foreach (var path in plan.Changed.Take(Shown))
            yield return $"replaced: {path}{(plan.Newer.Contains(path) ? ", newer than the set" : "")}";
        if (plan.Changed.Length > Shown)
            yield return string.Create(CultureInfo.InvariantCulture, $"… and {plan.Changed.Length - Shown} more");
        foreach (var path in plan.Missing.Take(Shown))
            yield return $"comes back: {path}";
        if (plan.Missing.Length > Shown)
            yield return string.Create(CultureInfo.InvariantCulture, $"… and {plan.Missing.Length - Shown} more");
    }

    public static RestoreFilesDocument Document(FilesPlan plan) =>
        new(Line(plan.Set), plan.Equal, plan.Missing, plan.Changed, plan.Newer, plan.Extra, [.. plan.Refusals.Select(ProblemNote.Of)]);

    private static string Header(BackupSet set) => string.Create(CultureInfo.InvariantCulture, $"set {set.Name}, taken {set.TakenAt:u}, {Verified(set.VerifiedLevel)}");

    private static string Of(RestoreLoss loss)
    {
        if (!loss.IsInSet)
            return $"\"{loss.Schema}\": is not in the set, and only in the kept database afterwards";
        var version = loss.Version is null ? "" : $" at {loss.Version}";
        var now = loss.VersionNow is null || loss.VersionNow == loss.Version ? "" : $" (now at {loss.VersionNow})";
        var back = string.Create(CultureInfo.InvariantCulture, $"\"{loss.Schema}\": {loss.Rows} rows come back{version}{now}; ");
        return back + loss switch
        {
            { Exists: false } => "it does not exist now, so nothing is lost",
            { Written: null } => "what was written since is unknown: the server's counters were reset, or a table is gone",
            { Written: 0 } => "nothing was written since",
            { Written: { } rows } => string.Create(CultureInfo.InvariantCulture, $"up to {rows} rows written since are lost"),
        };
    }

    private static string Verified(string level) => level.Length == 0 ? "never verified" : $"verified by {level}";
}

using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ports;
using SafeDeploy.Reporting;

namespace SafeDeploy.Cli.Commands;

/// <summary>Sets and plans of <c>restore</c> in words. Pure.</summary>
public static class RestoreText
{
    public static BackupSetLine Line(BackupSet set) =>
        new(set.Name, set.Label.Deployment, set.Label.Release, set.TakenAt, set.VerifiedLevel, set.Bytes, set.Schemas);

    public static string Of(string environment, ImmutableArray<BackupSet> sets) => sets.IsEmpty
        ? $"environment {environment} has no backup set\n"
        : string.Concat(sets.Select(s => string.Create(CultureInfo.InvariantCulture,
            $"{s.TakenAt:u}  {Verified(s.VerifiedLevel),-19}  {s.Bytes / 1048576.0,8:0.0} MB  {s.Schemas,5} schemas  {s.Label.Release}  {s.Name}\n")));

    /// <summary>One line a tenant: what comes back, and what goes.</summary>
    public static IEnumerable<string> Of(RestorePlan plan) =>
        plan.Losses.Select(Of).Prepend(string.Create(CultureInfo.InvariantCulture,
            $"set {plan.Set.Name}, taken {plan.Set.TakenAt:u}, {Verified(plan.Set.VerifiedLevel)}"));

    private static string Of(RestoreLoss loss)
    {
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

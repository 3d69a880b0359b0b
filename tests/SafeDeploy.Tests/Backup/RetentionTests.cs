using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Steps.Backup;

namespace SafeDeploy.Tests.Backup;

public sealed class RetentionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 3, 0, 0, TimeSpan.Zero);
    private static readonly BackupLabel Mine = new("pos", "prod", "prod-9", "v9");

    private static BackupSet Set(string name, int daysOld, string verified = "list", string environment = "prod", string project = "pos") =>
        new($"set-{name}", new BackupLabel(project, environment, name, "v1"), Now.AddDays(-daysOld), verified, 1, 1);

    private static string Pruned(BackupKeep keep, string[] needed, params BackupSet[] sets) =>
        string.Join(' ', Retention.Judge(sets, Mine, keep, needed.ToHashSet(), Now).Where(v => v.Prune).Select(v => v.Set.Label.Deployment));

    [Fact]
    public void What_is_older_than_its_days_goes_and_the_newest_stay() =>
        Assert.Equal("c d", Pruned(new BackupKeep(7, 3), [], Set("a", 0), Set("b", 20), Set("c", 21), Set("d", 22), Set("e", 6)));

    [Fact]
    public void The_newest_verified_set_outlives_newer_ones_that_nobody_proved() =>
        Assert.Equal("old", Pruned(new BackupKeep(1, 1), [], Set("a", 0, ""), Set("b", 1, "", "other"), Set("proved", 40, "restore"), Set("old", 50)));

    [Fact]
    public void What_a_live_release_needs_is_never_pruned() =>
        Assert.Equal("c", Pruned(new BackupKeep(7, 1), ["b"], Set("a", 0), Set("b", 400), Set("c", 400)));

    [Fact]
    public void Sets_of_other_projects_and_environments_are_not_looked_at() =>
        Assert.Equal("", Pruned(new BackupKeep(1, 1), [], Set("a", 0), Set("b", 90, environment: "dev"), Set("c", 90, project: "crm")));

    [Fact]
    public void One_set_stays_whatever_is_configured() =>
        Assert.Equal("b", Pruned(new BackupKeep(1, 0), [], Set("a", 500, ""), Set("b", 501, "")));

    [Fact]
    public void A_clock_that_was_set_back_prunes_nothing() =>
        Assert.Equal("", Pruned(new BackupKeep(1, 1), [], Set("a", -300), Set("b", -200), Set("c", -100)));

    [Fact]
    public void What_a_restore_replaced_never_stands_for_a_set_of_everything()
    {
        BackupSet Replaced(string name, int daysOld) => Set(name, daysOld) with { Label = new BackupLabel("pos", "prod", name, BackupLabel.BeforeRestore) };
        Assert.Equal("gone", Pruned(new BackupKeep(7, 2), [], Set("a", 300, ""), Set("b", 301), Replaced("x", 1), Replaced("y", 2), Replaced("gone", 8)));
    }
}

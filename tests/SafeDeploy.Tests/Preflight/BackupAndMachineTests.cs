using SafeDeploy.Config;
using SafeDeploy.Integrations.Machines;
using SafeDeploy.Ports;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Preflight;
using static SafeDeploy.Tests.Preflight.PreflightTests;

namespace SafeDeploy.Tests.Preflight;

/// <summary>What preflight asks of the sets that are there, of their disk, and of the machine.</summary>
public sealed class BackupAndMachineTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly BackupSettings Store = new(new Uri("file:///var/backups"), BackupVerification.List);

    private static BackupSet Set(string name, double hoursOld, string level = "list", double? provedHoursAgo = null, string environment = "prod", string release = "v1") =>
        new(name, new BackupLabel("pos", environment, name, release), Now.AddHours(-hoursOld), level, 1, 3) { VerifiedAt = Now.AddHours(-(provedHoursAgo ?? hoursOld)) };

    private static async Task<string> AskAsync(
        string check, BackupSettings? settings = null, FakeBackup? backup = null, PreflightSettings? asked = null, MachineFacts? machine = null, bool takes = true, int active = 1)
    {
        var config = PreflightTests.Config() with { Backup = settings ?? Store, Preflight = asked ?? PreflightSettings.None };
        var subject = new PreflightSubject(config, new FakeDatabase(Good, Fleet), Good with { ActiveQueries = active }, Fleet, backup ?? new FakeBackup(), null, new Release("v2", null, null, "", null))
        {
            Now = Now,
            Machine = machine,
            TakesBackup = takes,
        };
        return string.Join('\n', (await PreflightStep.AllChecks.Single(c => c.Name == check).CheckAsync(subject, default)).Select(Line));
    }

    private static string Line(PreflightFinding finding) => finding switch
    {
        PreflightFinding.Good good => $"good: {good.Line}",
        PreflightFinding.Unknown unknown => $"unknown: {unknown.Line}",
        PreflightFinding.Warning warning => $"warning: {warning.Problem.Code} {warning.Problem.What}",
        PreflightFinding.Refusal refusal => $"refused: {refusal.Problem.Code} {refusal.Problem.What}",
        _ => throw new ArgumentOutOfRangeException(nameof(finding)),
    };

    [Fact]
    public async Task A_store_on_the_disk_of_the_database_is_refused_unless_it_is_allowed_in_writing()
    {
        var same = new FakeBackup { Disk = new BackupDisk(true, "/var/backups is on the file system of the database (/var/lib/pg)") };
        Assert.Equal("refused: SD0313 /var/backups is on the file system of the database (/var/lib/pg)", await AskAsync("disk of the backup", backup: same));
        Assert.StartsWith("good: ", await AskAsync("disk of the backup", Store with { OnSameDisk = true }, same), StringComparison.Ordinal);
        Assert.StartsWith("good: ", await AskAsync("disk of the backup"), StringComparison.Ordinal);
        Assert.Equal("unknown: not told", await AskAsync("disk of the backup", backup: new FakeBackup { Disk = new BackupDisk(null, "not told") }));
    }

    [Fact]
    public async Task A_recent_backup_is_a_verified_set_of_everything_of_this_environment()
    {
        var required = Store with { Require = new BackupRequirements(TimeSpan.FromHours(26), null) };
        Task<string> Among(params BackupSet[] sets) => AskAsync("recent backup", required, new FakeBackup { Sets = [.. sets] });

        Assert.Equal("good: a, 25 h old, verified by list", await Among(Set("a", 25), Set("b", 90)));
        Assert.Equal("refused: SD0314 the newest verified backup is 27 h old, at most 26 h are allowed", await Among(Set("a", 27)));
        Assert.Equal(
            "refused: SD0314 there is no verified backup of this environment",
            await Among(Set("unproved", 1, level: ""), Set("other", 1, environment: "uat"), Set("part", 1, release: BackupLabel.BeforeRestore)));
        // A set from the future is one whose machine's clock was ahead.
        Assert.StartsWith("good: ", await Among(Set("a", -3)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_that_was_not_tried_lately_is_refused()
    {
        var required = Store with { Require = new BackupRequirements(null, TimeSpan.FromDays(30)) };
        Task<string> Among(params BackupSet[] sets) => AskAsync("recent backup", required, new FakeBackup { Sets = [.. sets] });

        Assert.Equal("good: a was proved by restore 20 days ago", await Among(Set("b", 1), Set("a", 800, "restore", 480)));
        Assert.Equal("refused: SD0315 a restore was tried 40 days ago, at most 30 days are allowed", await Among(Set("a", 961, "restore", 961)));
        Assert.Equal("refused: SD0315 no backup of this environment was ever proved by restoring it", await Among(Set("b", 1)));
    }

    [Fact]
    public async Task Without_a_backup_of_its_own_a_deployment_is_told_how_old_the_last_one_is()
    {
        Assert.Equal("", await AskAsync("recent backup", backup: new FakeBackup { Sets = [Set("a", 90)] }));
        Assert.Equal(
            "warning: SD0314 the newest verified backup is 3 days old, at most 25 h are allowed, and this deployment takes none",
            await AskAsync("recent backup", backup: new FakeBackup { Sets = [Set("a", 90)] }, takes: false));
        Assert.Equal("good: a, 90 min old, verified by list", await AskAsync("recent backup", backup: new FakeBackup { Sets = [Set("a", 1.5)] }, takes: false));
    }

    [Fact]
    public async Task Processor_memory_and_queries_are_said_and_refused_only_by_the_limits_of_the_configuration()
    {
        var busy = new MachineFacts(2, 5.5, 300L << 20);
        Assert.Equal(
            "good: load 275% of 2 processors, 300 MB of memory free here; 7 queries run on the server", await AskAsync("processor and memory", machine: busy, active: 7));
        Assert.Equal(
            """
            refused: SD0316 the load of this machine is 275% of its 2 processors, at most 200% are allowed
            refused: SD0316 300 MB of memory are free on this machine, 512 MB are demanded
            refused: SD0316 7 queries run on the server, at most 6 are allowed
            """.ReplaceLineEndings("\n"),
            await AskAsync("processor and memory", asked: new PreflightSettings(new ByteSize(512L << 20), 200, 6), machine: busy, active: 7));
        Assert.Equal("unknown: this system does not tell its load and memory", await AskAsync("processor and memory", asked: new PreflightSettings(null, 100, null)));
    }

    [Fact]
    public void What_the_kernel_and_the_control_group_tell_is_read()
    {
        var root = Directory.CreateTempSubdirectory("sd-machine-").FullName;
        void Write(string path, string text) => File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, path))!).FullName, Path.GetFileName(path)), text);
        try
        {
            Assert.Null(new LinuxMachine(4, root).Read());
            Write("proc/loadavg", "1.50 0.90 0.40 3/812 4242\n");
            Write("proc/meminfo", "MemTotal:       24105384 kB\nMemFree:          200000 kB\nMemAvailable:    2097152 kB\n");
            Assert.Equal(new MachineFacts(4, 1.5, 2L << 30), new LinuxMachine(4, root).Read());
            Write("sys/fs/cgroup/memory.max", "max\n");
            Write("sys/fs/cgroup/memory.current", "900000000\n");
            Assert.Equal(2L << 30, new LinuxMachine(4, root).Read()!.FreeMemory);
            Write("sys/fs/cgroup/memory.max", "1000000000\n");
            Write("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 50000000\nactive_file 7\n");
            Assert.Equal(150_000_000, new LinuxMachine(4, root).Read()!.FreeMemory);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void This_machine_tells_what_is_free_on_it()
    {
        var facts = new LinuxMachine(2).Read();
        Assert.NotNull(facts);
        Assert.InRange(facts.FreeMemory, 1, 1L << 50);
        Assert.True(facts.Load >= 0);
    }
}

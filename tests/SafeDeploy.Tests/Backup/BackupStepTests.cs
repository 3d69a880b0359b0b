using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Backup;
using SafeDeploy.Tests.Health;

namespace SafeDeploy.Tests.Backup;

public sealed class BackupStepTests
{
    private static readonly BackupSettings Settings = new(new Uri("file:///var/backups"), BackupVerification.List);
    private readonly KeptRun _run = new(new FakeClock());

    private Task<StepOutcome> RunAsync(Store store, BackupKeep? keep = null, params string[] needed) => new BackupStep(
        store, Settings with { Keep = keep ?? BackupKeep.Default }, [new Scope.Public(), Scope.Parse("tenant_a")], new BackupLabel("pos", "prod", "prod-7-1", "v2"),
        _ => Task.FromResult<IEnumerable<string>>(needed)).RunAsync(_run.Context);

    [Fact]
    public async Task A_set_is_taken_recorded_and_verified()
    {
        var store = new Store();
        var outcome = Assert.IsType<StepOutcome.Succeeded>(await RunAsync(store));
        Assert.Equal("2 schemas in 3 parts, 1.0 MB, at /var/backups/pos-prod-prod-7-1, manifest sha256 abc, verified by list", outcome.Summary);
        Assert.Equal(["take", "verify"], store.Calls);
        var intended = Assert.Single(_run.Facts.OfType<LedgerFact.Intended>());
        Assert.Equal((new Change.TakeBackup("pos-prod-prod-7-1"), new Undo.Nothing()), (intended.Change, intended.Undo));
    }

    [Fact]
    public async Task A_set_that_this_deployment_took_is_verified_again_and_kept()
    {
        var store = new Store { IsThere = true };
        Assert.IsType<StepOutcome.Succeeded>(await RunAsync(store));
        Assert.Equal(["verify"], store.Calls);
        Assert.Empty(_run.Facts.OfType<LedgerFact.Intended>());
    }

    [Fact]
    public async Task A_set_that_vanished_is_taken_again_though_the_ledger_says_applied()
    {
        var store = new Store();
        await RunAsync(store);
        store.IsThere = false;
        await RunAsync(store);
        Assert.Equal(["take", "verify", "take", "verify"], store.Calls);
    }

    [Fact]
    public async Task Damage_found_by_the_verification_fails_the_step()
    {
        var damaged = new ProblemInfo("SD0508", "", "", "").Occurred("part differs", "set/part", "all", "stopping", "take another");
        var failure = await Assert.ThrowsAsync<ProblemException>(() => RunAsync(new Store { Damage = damaged }));
        Assert.Equal(damaged, failure.Problem);
    }

    [Fact]
    public async Task Old_sets_go_only_after_the_new_one_is_verified()
    {
        BackupSet Old(string deployment, int days) => new($"pos-prod-{deployment}", new BackupLabel("pos", "prod", deployment, "v1"), _run.Context.Clock.GetUtcNow().AddDays(-days), "list", 1, 2);
        var sets = new[] { Old("prod-7-1", 0), Old("prod-6", 10), Old("prod-5", 20), Old("live", 30) };
        var store = new Store { Sets = [.. sets] };
        await RunAsync(store, new BackupKeep(7, 2), "live");
        Assert.Equal(["take", "verify", "delete pos-prod-prod-5"], store.Calls);
        Assert.Equal("pos-prod-prod-5: 20 days old, keep.days is 7", Assert.Single(_run.Facts.OfType<LedgerFact.Noted>()).Text);

        var broken = new Store { Sets = [.. sets], Damage = new ProblemInfo("SD0508", "", "", "").Occurred("part differs", "set/part", "all", "stopping", "take another") };
        await Assert.ThrowsAsync<ProblemException>(() => RunAsync(broken, new BackupKeep(7, 2)));
        Assert.DoesNotContain(broken.Calls, c => c.StartsWith("delete", StringComparison.Ordinal));
    }

    private sealed class Store : IBackupMethod
    {
        public List<string> Calls { get; } = [];

        public bool IsThere { get; set; }

        public ImmutableArray<BackupSet> Sets { get; init; } = [];

        public Problem? Damage { get; init; }

        private static readonly BackupReceipt Receipt = new(
            "pos-prod-prod-7-1", "/var/backups/pos-prod-prod-7-1", 1 << 20, 3, "abc", Scenes.Started, "", ["public", "tenant_a"]);

        public Task<ImmutableArray<Problem>> ObstaclesAsync(int serverVersion, CancellationToken cancellation) => Task.FromResult(ImmutableArray<Problem>.Empty);

        public Task<BackupSpace> SpaceAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public Task<BackupDisk> DiskAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public Task<BackupReceipt> TakeAsync(string set, IReadOnlyList<Scope> scopes, BackupLabel label, CancellationToken cancellation)
        {
            Calls.Add("take");
            IsThere = true;
            return Task.FromResult(Receipt);
        }

        public Task<BackupReceipt> VerifyAsync(string set, BackupVerification level, CancellationToken cancellation)
        {
            Calls.Add("verify");
            return Damage is null ? Task.FromResult(Receipt with { VerifiedLevel = level == BackupVerification.List ? "list" : "checksum" }) : throw new ProblemException(Damage);
        }

        public Task<BackupReceipt?> FindAsync(string set, CancellationToken cancellation) => Task.FromResult(IsThere ? Receipt : null);

        public Task<string> ToolsAsync(CancellationToken cancellation) => Task.FromResult("pg_dump 15.1, server 15.1");

        public Task<ImmutableArray<BackupSet>> SetsAsync(CancellationToken cancellation) => Task.FromResult(Sets);

        public Task DeleteAsync(string set, CancellationToken cancellation)
        {
            Calls.Add($"delete {set}");
            return Task.CompletedTask;
        }
    }
}

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Preflight;
using SafeDeploy.Tests.Health;

namespace SafeDeploy.Tests.Preflight;

public sealed class PreflightTests
{
    internal static readonly ServerFacts Good = new(
        150018, "pos", "deployer", false, false, false, true, true, 100, 3, 12, 6_400, 1L << 30, 1, [], [], SessionsStable: true);

    internal static readonly TenantList Fleet = new([TenantSchema.TryParse("tenant_a", out _)!, TenantSchema.TryParse("tenant_b", out _)!], [], []);

    internal static DeployConfig Config(Parallelism? parallel = null, HealthSettings? health = null) => new(
        "pos", "prod", new DatabaseSettings(new Secret("postgres://x"), "db:5432/pos"),
        new TenantsSettings(new TenantsSource.Query("select 1"), [], [], []),
        new MigrationsSettings(
            new MigrationEngineSettings.SqlFiles("db/public", null), new MigrationEngineSettings.SqlFiles("db/tenant", null), TimeSpan.FromSeconds(3),
            TimeSpan.FromMinutes(15), parallel ?? new Parallelism.Auto(), [], 6),
        null!, null, new DeploySettings(null!, "acme/backend:v2", "v2", null!), health, null!);

    private static async Task<(StepOutcome Outcome, KeptRun Run)> RunAsync(FakeDatabase database, FakeBackup? backup = null, DeployConfig? config = null, string digest = "sha256:now")
    {
        var run = new KeptRun(new FakeClock());
        var step = new PreflightStep(
            config ?? Config(health: Scenes.Settings()), database, backup ?? new FakeBackup(), new AskedTarget(),
            new Release("v2", "acme/backend:v2", digest, "m", null), PreflightStep.AllChecks);
        return (await step.RunAsync(run.Context), run);
    }

    [Fact]
    public async Task A_sound_world_passes_and_says_what_was_seen()
    {
        var (outcome, run) = await RunAsync(new FakeDatabase(Good, Fleet));
        Assert.Equal("15 checks, no warning", Assert.IsType<StepOutcome.Succeeded>(outcome).Summary);
        Golden.Verify(string.Join('\n', run.Told));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once_worst_first()
    {
        var facts = Good with
        {
            InRecovery = true,
            SessionsStable = false,
            UsedConnections = 95,
            SeesOtherSessions = false,
            LongTransactions =
            [
                new LongTransaction(9121, "psql", "ana", TimeSpan.FromMinutes(134), "idle in transaction", "update sale set total = 0"),
                new LongTransaction(0, "prepared transaction 'x1'", "app", TimeSpan.FromMinutes(3), "prepared", ""),
                new LongTransaction(77, "", "app", TimeSpan.FromSeconds(20), "active", "select 1"),
            ],
            InvalidIndexes = ["tenant_a.sale_total", "tenant_b.sale_total"],
        };
        var fleet = Fleet with { Missing = ["tenant_gone"], Refused = [("pg_temp", "names that start with pg_ belong to the server")] };
        var database = new FakeDatabase(facts, fleet)
        {
            Missing =
            [
                new MissingPrivilege("the user can not create schema safe_deploy for the ledger", "grant create on database pos to deployer;"),
                new MissingPrivilege("the user is not the owner of 12 tables of 2 schemas that belong to \"app\"", "grant app to deployer;"),
            ],
        };
        var backup = new FakeBackup { Space = new BackupSpace(20L << 30, 5L << 30, "/var/backups"), Obstacle = PreflightProblems.Found(PreflightProblems.SpaceMissing, "pg_dump is version 15, the server is 18", "pg_dump", "install 18") };
        var (outcome, run) = await RunAsync(database, backup, Config(new Parallelism.Exactly(8)), "sha256:planned");
        var refused = Assert.IsType<StepOutcome.Refused>(outcome);
        Golden.Verify(ProblemText.Of(refused.Others.Insert(0, refused.Problem)) + "\n" + string.Join('\n', run.Told));
    }

    [Fact]
    public async Task A_database_that_is_away_is_the_only_finding()
    {
        var problem = PreflightProblems.Found(PreflightProblems.NotWritable, "the database does not answer", "db:5432/pos", "start it");
        var (outcome, _) = await RunAsync(new FakeDatabase(Good, Fleet) { Away = problem });
        Assert.Equal(problem, Assert.IsType<StepOutcome.Refused>(outcome).Problem);
    }

    [Fact]
    public async Task A_store_that_does_not_tell_its_space_is_unknown_and_said_so()
    {
        var (outcome, run) = await RunAsync(new FakeDatabase(Good, Fleet), new FakeBackup { Space = new BackupSpace(1 << 20, null, "sftp") });
        Assert.IsType<StepOutcome.Succeeded>(outcome);
        Assert.Contains("disk for the backup: unknown, sftp does not tell what is free; up to 1 MB may be needed", run.Told);
    }

    internal sealed class FakeBackup : IBackupMethod
    {
        public BackupSpace Space { get; init; } = new(2L << 30, 50L << 30, "/var/backups");

        public Problem? Obstacle { get; init; }

        public Task<ImmutableArray<Problem>> ObstaclesAsync(int serverVersion, CancellationToken cancellation) =>
            Task.FromResult<ImmutableArray<Problem>>(Obstacle is null ? [] : [Obstacle]);

        public Task<BackupSpace> SpaceAsync(CancellationToken cancellation) => Task.FromResult(Space);

        public BackupDisk Disk { get; init; } = new(false, "/var/backups is on another file system than the database (/srv/pg)");

        public ImmutableArray<BackupSet> Sets { get; init; } = [];

        public Task<BackupDisk> DiskAsync(CancellationToken cancellation) => Task.FromResult(Disk);

        public Task<BackupReceipt> TakeAsync(string set, IReadOnlyList<Scope> scopes, BackupLabel label, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<BackupReceipt> VerifyAsync(string set, BackupVerification level, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<BackupReceipt?> FindAsync(string set, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<string> ToolsAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ImmutableArray<BackupSet>> SetsAsync(CancellationToken cancellation) => Task.FromResult(Sets);

        public Task DeleteAsync(string set, CancellationToken cancellation) => throw new NotSupportedException();
    }

    internal sealed class FakeDatabase(ServerFacts facts, TenantList tenants) : IDatabase
    {
        public Problem? Away { get; init; }

        public ImmutableArray<MissingPrivilege> Missing { get; init; } = [];

        public string Display => "db:5432/pos";

        public Task<ServerFacts> FactsAsync(CancellationToken cancellation) => Away is null ? Task.FromResult(facts) : throw new ProblemException(Away);

        public Task<TenantList> TenantsAsync(TenantsSettings settings, CancellationToken cancellation) => Task.FromResult(tenants);

        public Task<ImmutableArray<MissingPrivilege>> MissingPrivilegesAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) => Task.FromResult(Missing);

        /// <summary>Schema → its objects; equal lists give equal fingerprints.</summary>
        public ImmutableSortedDictionary<string, ImmutableArray<string>> Structures { get; init; } = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

        public Task<ImmutableSortedDictionary<string, string>> FingerprintsAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
            Task.FromResult(scopes.ToImmutableSortedDictionary(s => s.Schema, s => string.Join('|', Structures[s.Schema])));

        public Task<ImmutableArray<string>> StructureAsync(Scope scope, CancellationToken cancellation) => Task.FromResult(Structures[scope.Schema]);

        public Task<object?> AskAsync(Scope scope, string query, ImmutableDictionary<string, object> parameters, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ImmutableArray<RowSecurity>> RowSecurityAsync(IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<string> tables, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ImmutableArray<HeldData>> HeldDataAsync(IReadOnlyCollection<DroppedObject> objects, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

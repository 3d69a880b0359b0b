using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.DatabaseTests.Ledger;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Risk.Sql;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Migrations;

/// <summary>A database with a ledger, a hold on a deployment, a few tenants and a folder of migrations.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    private Fleet(TestDatabase database, PostgresLedgerStore ledger, Acquisition.Held held, NpgsqlDataSource source)
    {
        Database = database;
        Ledger = ledger;
        Hold = held.Hold;
        Source = source;
    }

    public TestDatabase Database { get; }

    public PostgresLedgerStore Ledger { get; }

    public ILedgerHold Hold { get; }

    public NpgsqlDataSource Source { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("sd-migrations-").FullName;

    public MigrationLimits Limits { get; set; } = new(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), 3);

    public ImmutableArray<string> Shared { get; set; } = [];

    public static async Task<Fleet> CreateAsync(params string[] tenants)
    {
        var database = await TestDatabase.CreateAsync();
        var ledger = new PostgresLedgerStore(PostgresUrl.Parse(database.Url), PostgresLedgerOptions.Default, TimeProvider.System);
        await ledger.PrepareAsync(CancellationToken.None);
        var held = await ledger.HoldAsync(Deploying.Open());
        var fleet = new Fleet(database, ledger, held, PostgresUrl.DataSource(PostgresUrl.Parse(database.Url), "safe-deploy/test"));
        foreach (var tenant in tenants)
            await database.ExecuteAsync($"create schema {Tenant(tenant).Sql}");
        return fleet;
    }

    public static Scope Tenant(string name) => Scope.Parse(name);

    /// <summary>Writes golang-migrate files: <c>1 name</c> with its forward and, where given, its rollback text.</summary>
    public Fleet With(int version, string forward, string? rollback = null)
    {
        File.WriteAllText(Path.Combine(Folder, $"{version:000}_m.up.sql"), forward);
        if (rollback is not null)
            File.WriteAllText(Path.Combine(Folder, $"{version:000}_m.down.sql"), rollback);
        return this;
    }

    public SqlFilesEngine Engine(ScopeKind kind = ScopeKind.Tenants, ISqlParser? parser = null)
    {
        var options = new SqlFilesOptions(kind, Folder, new MigrationEngineSettings.SqlFiles(".", null), Limits, Shared);
        var engine = new SqlFilesEngine(options, Source, parser ?? PgQueryParser.Load(), TimeProvider.System, new Random(1));
        _owned.Add(engine);
        return engine;
    }

    public ScopeWork Work(Scope scope, CancellationToken force = default) =>
        new(scope, Hold, scope is Scope.Public ? StepName.MigratePublic : StepName.MigrateTenants, "wave:1", force);

    /// <summary>Everything the folder holds and the scope lacks.</summary>
    public async Task<ScopeOutcome> ForwardAsync(Scope scope, SqlFilesEngine? engine = null, CancellationToken force = default)
    {
        engine ??= Engine(scope is Scope.Public ? ScopeKind.Public : ScopeKind.Tenants);
        var set = await engine.LoadAsync(CancellationToken.None);
        var applied = await engine.AppliedAsync([scope], CancellationToken.None);
        return await engine.ForwardAsync(Work(scope, force), History.Compare(set, applied[scope]).Pending, CancellationToken.None);
    }

    public async Task<ScopeOutcome> ForwardAsync(string tenant, SqlFilesEngine? engine = null) => await ForwardAsync(Tenant(tenant), engine);

    /// <summary>Everything the scope has, newest first.</summary>
    public async Task<ScopeOutcome> BackAsync(string tenant, SqlFilesEngine? engine = null)
    {
        engine ??= Engine();
        var applied = (await engine.AppliedAsync([Tenant(tenant)], CancellationToken.None))[Tenant(tenant)];
        return await engine.BackAsync(Work(Tenant(tenant)), [.. applied.Reverse()], CancellationToken.None);
    }

    public async Task<string[]> VersionsAsync(string scope)
    {
        var applied = await Engine().AppliedAsync([Scope.Parse(scope)], CancellationToken.None);
        return [.. applied[Scope.Parse(scope)].Select(a => a.Partial ? $"{a.Version} partial" : a.Version.Text)];
    }

    public async Task<bool> ExistsAsync(string name) => await Database.ScalarAsync<bool>($"select to_regclass('{name.Replace("'", "''", StringComparison.Ordinal)}') is not null");

    /// <summary>What the ledger says of scopes, e.g. <c>acme +001 -001</c>.</summary>
    public async Task<string[]> MovesAsync()
    {
        var entries = await Hold.ReadAsync(CancellationToken.None);
        return [.. entries.Select(e => e.Fact).OfType<LedgerFact.ScopeMigrated>().Select(f => $"{f.Scope} {(f.Direction == Direction.Forward ? '+' : '-')}{f.Version}")];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _owned)
            await engine.DisposeAsync();
        await Hold.DisposeAsync();
        await Source.DisposeAsync();
        await Ledger.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

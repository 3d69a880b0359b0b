using SafeDeploy.Config;
using SafeDeploy.DatabaseTests.Databases;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.HealthGates.RowSecurity;
using SafeDeploy.Integrations.HealthGates.SqlQuery;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.DatabaseTests.HealthGates;

/// <summary>Gates that read the database, on a database with tenants.</summary>
public sealed class SqlGateTests
{
    private static readonly TenantsSettings Tenants = new(new TenantsSource.Schemas(["t_*"]), [], [], []);
    private static readonly GateScene Scene = new(null, "v2", null, null, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static async Task<(Subject Subject, PostgresDatabase Database)> FleetAsync(int tenants, string sql)
    {
        var subject = await Subject.CreateAsync();
        for (var i = 1; i <= tenants; i++)
            await subject.Server.ExecuteAsync($"create schema t_{i:00}; set search_path = t_{i:00}; {sql}");
        var list = new TenantList([.. Enumerable.Range(1, tenants).Select(i => TenantSchema.TryParse($"t_{i:00}", out _)!)], [], []);
        return (subject, PostgresDatabase.Connect(
            new Npgsql.NpgsqlConnectionStringBuilder(subject.Server.ConnectionString), (_, _) => Task.FromResult(list), TimeSpan.FromSeconds(20)));
    }

    private static Task<GateReading> ReadAsync(PostgresDatabase database, string query, ScopeKind scope = ScopeKind.Tenants) =>
        new SqlGate(new GateSettings.Sql("numbering", true, query, scope), database, Tenants).ReadAsync(Scene, default);

    private static string Text(GateReading reading) => HealthProblems.Line(reading);

    [Fact]
    public async Task Tenants_that_fail_are_named_a_handful_and_counted()
    {
        var (subject, database) = await FleetAsync(9, "create table sale (id int, at timestamptz default '2026-02-01')");
        await using var _ = subject;
        await using var __ = database;
        for (var i = 2; i <= 9; i++)
            await subject.Server.ExecuteAsync($"insert into t_{i:00}.sale values (1)");
        const string Query = "select not exists (select 1 from sale where at > :deployment_started)";
        var some = await ReadAsync(database, Query);
        await subject.Server.ExecuteAsync("do $$ begin for i in 2..9 loop execute format('truncate t_%s.sale', to_char(i, 'FM00')); end loop; end $$");
        Golden.Verify($"{Text(some)}\n{Text(await ReadAsync(database, Query))}");
    }

    [Fact]
    public async Task A_query_that_the_server_refuses_fails_with_its_state_and_no_row_is_inconclusive()
    {
        var (subject, database) = await FleetAsync(2, "create table sale (id int, total int)");
        await using var _ = subject;
        await using var __ = database;
        await subject.Server.ExecuteAsync("alter table t_02.sale drop column total");
        var readings = new[]
        {
            await ReadAsync(database, "select coalesce(sum(total), 0) = 0 from sale"),
            await ReadAsync(database, "select true from sale limit 1"),
            await ReadAsync(database, "select null::boolean"),
            await ReadAsync(database, "select 'yes'"),
            await ReadAsync(database, "select exists (select from t_01.sale)", ScopeKind.Public),
            await ReadAsync(database, "select not exists (select from t_01.sale)", ScopeKind.Public),
            await ReadAsync(database, "delete from sale returning true"),
        };
        Golden.Verify(string.Join('\n', readings.Select(Text)));
    }

    [Fact]
    public async Task A_database_that_is_away_is_no_reading()
    {
        await using var database = PostgresDatabase.Connect(
            new Npgsql.NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = 1, Username = "u", Database = "d" }, (_, _) => throw new NotSupportedException(), TimeSpan.FromSeconds(5));
        var reading = await ReadAsync(database, "select true", ScopeKind.Public);
        Assert.Equal(Verdict.Inconclusive, reading.Verdict);
    }

    [Fact]
    public async Task Row_level_security_that_a_migration_weakens_is_caught_in_the_one_tenant()
    {
        var (subject, database) = await FleetAsync(4, """
            create table sale (id int); alter table sale enable row level security; create policy own on sale using (id = 1)
            """);
        await using var _ = subject;
        await using var __ = database;
        var gate = new RowSecurityGate(new GateSettings.Rls("rls", true, ["sale"]), database, Tenants);
        Scope[] scopes = [new Scope.Public(), .. Enumerable.Range(1, 4).Select(i => Scope.Parse($"t_{i:00}"))];
        var settings = new HealthSettings(null, null, null, null, default, default, default, InconclusivePolicy.Fail, [new GateSettings.Rls("rls", true, ["sale"])]);
        var before = await new SnapshotReader(database, null, settings, null, TimeProvider.System).ReadAsync(scopes, default);
        Assert.Equal(4, Assert.Single(before.RowSecurity!.Value).Schemas.Length);
        Assert.Equal(Verdict.Pass, (await gate.ReadAsync(Scene with { Before = before }, default)).Verdict);
        await subject.Server.ExecuteAsync("alter table t_03.sale disable row level security; drop policy own on t_04.sale; drop table t_01.sale");
        Golden.Verify(Text(await gate.ReadAsync(Scene with { Before = before }, default)));
    }
}

using SafeDeploy.Integrations.Migrations.SqlFiles;

namespace SafeDeploy.DatabaseTests.Migrations;

/// <summary>What cannot be one transaction: run apart, repaired, resumed and taken back.</summary>
public sealed class SqlFilesSegmentTests
{
    private const string Indexed = "create index concurrently sale_total on sale (total);";

    [Fact]
    public async Task A_concurrent_index_goes_there_back_and_there_again()
    {
        await using var fleet = await WithSaleAsync();
        fleet.With(1, Indexed, "drop index concurrently if exists sale_total;");
        for (var round = 0; round < 2; round++)
        {
            Assert.Null((await fleet.ForwardAsync("acme")).Problem);
            Assert.Equal(["001"], await fleet.VersionsAsync("acme"));
            Assert.True(await ValidAsync(fleet));
            Assert.Null((await fleet.BackAsync("acme")).Problem);
            Assert.False(await fleet.ExistsAsync("acme.sale_total"));
            Assert.Empty(await fleet.VersionsAsync("acme"));
        }

        Assert.Equal(["acme +001", "acme -001", "acme +001", "acme -001"], await fleet.MovesAsync());
        Assert.Equal(0L, await fleet.Database.ScalarAsync<long>("select count(*) from safe_deploy.progress"));
    }

    [Fact]
    public async Task An_invalid_index_that_an_interrupted_run_left_is_dropped_and_made_again()
    {
        await using var fleet = await WithSaleAsync();
        // As a killed CREATE INDEX CONCURRENTLY leaves it.
        await fleet.Database.ExecuteAsync("insert into acme.sale values (2, 5), (3, 5)");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => fleet.Database.ExecuteAsync("create unique index concurrently sale_total on acme.sale (total)"));
        Assert.False(await ValidAsync(fleet));
        Assert.Null((await fleet.With(1, Indexed).ForwardAsync("acme")).Problem);
        Assert.True(await ValidAsync(fleet));
    }

    [Fact]
    public async Task A_valid_index_that_is_there_already_is_left_as_it_is()
    {
        await using var fleet = await WithSaleAsync();
        await fleet.Database.ExecuteAsync("create index sale_total on acme.sale (total)");
        var before = await fleet.Database.ScalarAsync<uint>("select 'acme.sale_total'::regclass::oid");
        Assert.Null((await fleet.With(1, Indexed).ForwardAsync("acme")).Problem);
        Assert.Equal(before, await fleet.Database.ScalarAsync<uint>("select 'acme.sale_total'::regclass::oid"));
    }

    [Fact]
    public async Task A_concurrent_index_that_cannot_be_made_leaves_no_index_and_no_note()
    {
        await using var fleet = await WithSaleAsync();
        await fleet.Database.ExecuteAsync("insert into acme.sale values (2, 5), (3, 5)");
        var outcome = await fleet.With(1, "create unique index concurrently sale_total on sale (total);").ForwardAsync("acme");
        Assert.Equal("SD0413", outcome.Problem?.Code);
        Assert.False(await fleet.ExistsAsync("acme.sale_total"));
        Assert.Empty(await fleet.VersionsAsync("acme"));
        Assert.Equal(["acme +001", "acme -001"], await fleet.MovesAsync());
    }

    [Fact]
    public async Task A_backend_killed_while_it_builds_an_index_is_replaced_and_the_index_made()
    {
        await using var fleet = await WithSaleAsync();
        // An open writer lets CREATE INDEX CONCURRENTLY wait in its middle, the invalid index already there.
        await using var writer = await fleet.Database.OpenAsync();
        await ExecuteAsync(writer, "begin; insert into acme.sale values (9, 9)");
        var running = fleet.With(1, Indexed).ForwardAsync("acme");
        await Eventually.Async(() => fleet.ExistsAsync("acme.sale_total"), TimeSpan.FromSeconds(30));
        await fleet.Database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_progress_create_index where datname = current_database()");
        await ExecuteAsync(writer, "commit");
        var outcome = await running;
        Assert.Null(outcome.Problem);
        Assert.True(outcome.Attempts > 1);
        Assert.True(await ValidAsync(fleet));
        Assert.Equal(["acme +001"], await fleet.MovesAsync());
    }

    [Fact]
    public async Task A_run_killed_between_two_segments_is_ended_by_the_next_one()
    {
        await using var fleet = await WithSaleAsync();
        fleet.With(1, $"alter table sale add note text;\n{Indexed}\ninsert into sale values (7, 7);\n", "drop index concurrently if exists sale_total;\nalter table sale drop note;");
        // The first process ended after its first segment; its note is what it leaves.
        fleet.Limits = new MigrationLimits(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(300), 0);
        await using (var writer = await fleet.Database.OpenAsync())
        {
            await ExecuteAsync(writer, "begin; set transaction isolation level repeatable read; insert into acme.sale values (8, 8)");
            var stopped = fleet.ForwardAsync("acme");
            await Eventually.Async(() => stopped.IsCompleted, TimeSpan.FromSeconds(60));
            Assert.NotNull((await stopped).Problem);
            await ExecuteAsync(writer, "rollback");
        }

        fleet.Limits = new MigrationLimits(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), 3);
        Assert.Null((await fleet.ForwardAsync("acme")).Problem);
        Assert.Equal(["001"], await fleet.VersionsAsync("acme"));
        Assert.Equal(1L, await fleet.Database.ScalarAsync<long>("select count(*) from acme.sale where id = 7"));
        Assert.True(await ValidAsync(fleet));
    }

    [Fact]
    public async Task A_half_done_migration_counts_as_begun_and_is_taken_back()
    {
        await using var fleet = await WithSaleAsync();
        await fleet.Database.ExecuteAsync("insert into acme.sale values (2, 5), (3, 5)");
        fleet.With(1, "alter table sale add note text;\ncreate unique index concurrently sale_total on sale (total);", "drop index concurrently if exists sale_total;\nalter table sale drop note;");
        var outcome = await fleet.ForwardAsync("acme");
        Golden.Verify(ProblemText.Of(outcome.Problem!));
        Assert.Equal(["001 partial"], await fleet.VersionsAsync("acme"));
        Assert.Equal(["acme +001"], await fleet.MovesAsync());
        Assert.Null((await fleet.BackAsync("acme")).Problem);
        Assert.Empty(await fleet.VersionsAsync("acme"));
        Assert.Equal(0L, await fleet.Database.ScalarAsync<long>("select count(*) from information_schema.columns where table_schema = 'acme' and column_name = 'note'"));
        Assert.Equal(["acme +001", "acme -001"], await fleet.MovesAsync());
    }

    [Fact]
    public async Task No_transaction_gives_each_statement_its_own_commit_and_procedures_may_commit()
    {
        await using var fleet = await WithSaleAsync();
        await fleet.Database.ExecuteAsync("create procedure acme.fill() language plpgsql as $$ begin insert into acme.sale values (20, 1); commit; insert into acme.sale values (21, 1); end $$");
        fleet.With(1, "-- safe-deploy: no-transaction\ncall fill();\ninsert into sale values (22, 1);\nselect 1/0;\n");
        Assert.NotNull((await fleet.ForwardAsync("acme")).Problem);
        Assert.Equal(3L, await fleet.Database.ScalarAsync<long>("select count(*) from acme.sale where id >= 20"));
        Assert.Equal(["001 partial"], await fleet.VersionsAsync("acme"));
    }

    [Fact]
    public async Task Two_engines_on_one_index_at_once_make_it_once()
    {
        await using var fleet = await WithSaleAsync();
        fleet.Limits = new MigrationLimits(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), 8);
        fleet.With(1, Indexed);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => fleet.ForwardAsync("acme")));
        Assert.All(outcomes, outcome => Assert.Null(outcome.Problem));
        Assert.Equal(["acme +001"], await fleet.MovesAsync());
        Assert.Equal(1, outcomes.Sum(outcome => outcome.Done.Length));
    }

    [Fact]
    public async Task No_session_keeps_a_tenants_search_path()
    {
        await using var fleet = await WithSaleAsync();
        var engine = fleet.Engine();
        await fleet.With(1, Indexed).With(2, "alter table sale add x int;").ForwardAsync(Fleet.Tenant("acme"), engine);
        await fleet.Database.ExecuteAsync("create schema globex; create table globex.sale (id int, total numeric)");
        Assert.Null((await fleet.ForwardAsync("globex", engine)).Problem);
        Assert.True(await fleet.ExistsAsync("globex.sale_total"));
        Assert.Equal(1L, await fleet.Database.ScalarAsync<long>("select count(*) from information_schema.columns where table_schema = 'globex' and column_name = 'x'"));
    }

    private static async Task<Fleet> WithSaleAsync()
    {
        var fleet = await Fleet.CreateAsync("acme");
        await fleet.Database.ExecuteAsync("create table acme.sale (id int primary key, total numeric)");
        return fleet;
    }

    private static async Task<bool> ValidAsync(Fleet fleet) =>
        await fleet.Database.ScalarAsync<bool>("select indisvalid from pg_index where indexrelid = to_regclass('acme.sale_total')");

    private static async Task ExecuteAsync(Npgsql.NpgsqlConnection connection, string sql)
    {
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

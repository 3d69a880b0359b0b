using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>Releases that have migrations only, where they fail on one tenant of three or are cancelled.</summary>
public sealed class FleetTests
{
    private const string Unique = "alter table item add constraint item_code_key unique (code);";

    [Fact]
    public async Task A_tenant_that_fails_returns_the_others_where_that_loses_nothing()
    {
        await using var sample = await Fleet.WithItemsAsync();
        sample.Migration("000002_unique", Unique, "alter table item drop constraint item_code_key;");
        var played = await sample.PlayAsync("v2");
        Ended("1 rolled-back c", played);
        Assert.Equal(played.Before.Versions, played.After.Versions);
        Assert.Equal(played.Before.Structure, played.After.Structure);
        Golden.Verify(Normal.Text(played.Result.Out, sample));
    }

    [Fact]
    public async Task A_fleet_that_is_half_forward_without_a_safe_way_back_is_left_to_a_person()
    {
        await using var sample = await Fleet.WithItemsAsync();
        sample.Migration("000002_forget", "-- safe-deploy: irreversible because=\"the old codes are gone\"\nalter table item drop column old_code;", null);
        sample.Migration("000003_unique", Unique, "alter table item drop constraint item_code_key;");
        var played = await sample.PlayAsync("v2");
        Ended("2 forbidden d", played);
        Assert.Equal("000003", played.After.Versions["tenant_001"]);
        Assert.Equal("000001", played.After.Versions["tenant_003"]);
        Golden.Verify(Normal.Text(played.Result.Out, sample));
    }

    [Theory]
    [InlineData("keep")]
    [InlineData("never")]
    public async Task A_schema_that_may_not_go_back_stays_where_it_is(string policy)
    {
        await using var sample = await Fleet.WithItemsAsync();
        sample.Migration("000002_unique", Unique, "alter table item drop constraint item_code_key;");
        var played = await sample.PlayAsync("v2", ("ROLLBACK_DATABASE", policy));
        Ended("2 forbidden d", played);
        Assert.Equal("000002", played.After.Versions["tenant_001"]);
        Assert.Contains($"rollback.database is {policy}", played.Result.Out, StringComparison.Ordinal);
        Golden.Verify(Normal.Text(played.Result.Out, sample), $"Rollback_database_{policy}");
    }

    [Fact]
    public async Task What_a_person_corrects_after_a_stop_goes_on_from_there()
    {
        await using var sample = await Fleet.WithItemsAsync();
        sample.Migration("000002_unique", Unique, "alter table item drop constraint item_code_key;");
        Assert.Equal(2, (await sample.RunAsync("v2", "run", ("ROLLBACK_DATABASE", "never"))).ExitCode);
        await sample.Database.ExecuteAsync("delete from tenant_002.item where id = 2");
        await sample.DeployAsync("v2");
        Assert.Equal(["000002"], (await sample.PictureAsync()).TenantVersions);
    }

    [Fact]
    public async Task A_run_that_has_nothing_to_do_does_nothing()
    {
        await using var sample = await Fleet.WithItemsAsync();
        var before = await sample.StructureAsync();
        await sample.DeployAsync("v1");
        Assert.Equal(before, await sample.StructureAsync());
    }

    private const string Waits =
        "select exists (select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and l.locktype = 'relation' and a.application_name like 'safe-deploy/%' and a.datname = current_database())";

    [Fact]
    public async Task A_run_that_is_interrupted_ends_with_130_and_the_next_one_goes_on()
    {
        await using var sample = await Fleet.WithItemsAsync();
        sample.Migration("000002_note", "alter table item add column note text;", "alter table item drop column note;");
        await using var blocker = await sample.Database.OpenAsync();
        await using var hold = await blocker.BeginTransactionAsync();
        await using (var command = new Npgsql.NpgsqlCommand("lock table tenant_003.item in access share mode", blocker, hold))
            await command.ExecuteNonQueryAsync();
        foreach (var signal in (string[])["INT", "TERM"])
        {
            using var run = sample.Start("v2", ["run"]);
            await Eventually.Async(() => sample.Database.ScalarAsync<bool>(Waits), TimeSpan.FromMinutes(1), what: "the third tenant waits for its lock");
            await run.InterruptAsync(signal);
            var cancelled = await run.EndAsync();
            Assert.True(cancelled.ExitCode == 130, cancelled.ToString());
            Golden.Verify(Normal.Text(cancelled.Problems[^1], sample));
            Assert.Equal("000002", (await sample.VersionsAsync())["tenant_002"]);
        }

        await hold.RollbackAsync();
        await sample.DeployAsync("v2");
        Assert.Equal(["000002"], (await sample.PictureAsync()).TenantVersions);
    }

    private static void Ended(string expected, Played played) =>
        Assert.True(expected == played.Ended, $"expected {expected}, was {played.Ended}\n{played.Result}");
}

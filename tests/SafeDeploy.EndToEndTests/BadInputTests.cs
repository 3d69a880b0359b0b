using System.Runtime.CompilerServices;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>A fleet at its first version, and a second one pending that no bad call may apply.</summary>
public sealed class PendingFleet : IAsyncLifetime
{
    public Sample Sample { get; private set; } = null!;

    public string Structure { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Sample = await Fleet.WithItemsAsync();
        Sample.Migration("000002_note", "alter table item add column note text;", "alter table item drop column note;");
        Structure = await Sample.StructureAsync();
    }

    public async Task DisposeAsync()
    {
        if (Sample is not null)
            await Sample.DisposeAsync();
    }
}

/// <summary>Wrong input and absent servers: refused by name with the right exit code, and nothing was touched.</summary>
public sealed class BadInputTests(PendingFleet fleet) : IClassFixture<PendingFleet>
{
    private Sample Sample => fleet.Sample;

    [Fact]
    public async Task A_configuration_that_does_not_exist()
    {
        File.Delete(Path.Combine(Sample.Home, "safe-deploy.yml"));
        await CallAsync(64, "run", null, nameof(A_configuration_that_does_not_exist));
    }

    [Fact]
    public Task A_key_that_is_not_known() => RefusedAsync(64, Fleet.Config.Replace("statement_timeout:", "statment_timeout:", StringComparison.Ordinal));

    [Fact]
    public Task A_feature_that_is_not_built_yet() => RefusedAsync(64, Fleet.Config + "freeze: [ { every: \"fri 18:00 - mon 08:00\", because: weekend } ]\n");

    [Fact]
    public Task Text_that_is_no_yaml() => RefusedAsync(64, Fleet.Config + "risk: [ {\n");

    [Fact]
    public Task A_secret_that_is_not_set() => RefusedAsync(64, variable: ("DATABASE_URL", ""));

    [Fact]
    public Task A_wrong_password() => RefusedAsync(3, variable: ("DATABASE_URL", Url(u => u.Password = "not-the-password")));

    [Fact]
    public Task A_database_that_does_not_exist() => RefusedAsync(3, variable: ("DATABASE_URL", Url(u => u.Path = "no_such_database")));

    [Fact]
    public Task A_server_that_is_not_there() => RefusedAsync(3, variable: ("DATABASE_URL", Url(u => u.Port = 1)));

    [Fact]
    public Task A_migration_that_ends_its_transaction_itself() => WithFileAsync("000003_commit.up.sql", "alter table item add column more text;\ncommit;\nselect 1;\n");

    [Fact]
    // The library's grammar may be older than the server: what it cannot read is the server's to judge, before anything runs.
    public Task A_migration_that_is_no_sql() => WithFileAsync("000003_broken.up.sql", "alter tabel item add column more text;\n");

    [Fact]
    public async Task A_migration_that_this_user_may_not_read()
    {
        Sample.Write("db/tenant/000003_kept.up.sql", "select 1;\n");
        await WithoutRightsAsync("db/tenant/000003_kept.up.sql", 3);
    }

    [Fact]
    public async Task A_configuration_that_this_user_may_not_read()
    {
        Sample.Configure(Fleet.Config);
        await WithoutRightsAsync("safe-deploy.yml", 64);
    }

    [Fact]
    public Task A_migration_that_would_leak_its_search_path() => WithFileAsync("000003_path.up.sql", "set search_path = tenant_001;\n");

    [Fact]
    public async Task A_migration_that_was_changed_after_it_was_applied()
    {
        Sample.Migration("000001_items", "create table item (id bigint, code text, old_code text);", "drop table item;");
        await RefusedAsync(3);
        Sample.Migration("000001_items", "create table item (id integer, code text, old_code text);", "drop table item;");
    }

    private string Url(Action<UriBuilder> change)
    {
        var url = new UriBuilder(Sample.Database.Url);
        change(url);
        return url.Uri.ToString();
    }

    private async Task WithoutRightsAsync(string file, int code, [CallerMemberName] string test = "")
    {
        var path = Path.Combine(Sample.Home, file);
        await Machine.KeepFromUsAsync(path);
        Sample.Through = Machine.WithoutRights;
        try
        {
            if (code == 64)
                await CallAsync(code, "run", null, test);
            else
                await RefusedAsync(code, test: test);
        }
        finally
        {
            Sample.Through = [];
            await Machine.RemoveAsync(path);
        }
    }

    private async Task WithFileAsync(string name, string sql, [CallerMemberName] string test = "")
    {
        Sample.Write($"db/tenant/{name}", sql);
        try
        {
            await RefusedAsync(3, test: test);
        }
        finally
        {
            File.Delete(Path.Combine(Sample.Home, "db", "tenant", name));
        }
    }

    /// <param name="config">Null: the fleet's own.</param>
    private async Task RefusedAsync(int code, string? config = null, (string Name, string Value)? variable = null, [CallerMemberName] string test = "")
    {
        Sample.Configure(config ?? Fleet.Config);
        await CallAsync(code, "run", variable, test);
    }

    private async Task CallAsync(int code, string line, (string Name, string Value)? variable, string test)
    {
        var result = await Sample.RunAsync("v2", line, variable is { } one ? [one] : []);
        Assert.True(result.ExitCode == code, result.ToString());
        Assert.Equal(fleet.Structure, await Sample.StructureAsync());
        Golden.Verify(Normal.Text(string.Join('\n', result.Problems), Sample), test);
    }
}

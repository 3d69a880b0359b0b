namespace SafeDeploy.DatabaseTests.Servers;

/// <summary>The servers that the other tests stand on are really there.</summary>
public sealed class ServersTests
{
    [Fact]
    public async Task Every_test_gets_an_empty_database_of_its_own()
    {
        await using var first = await TestDatabase.CreateAsync();
        await using var second = await TestDatabase.CreateAsync();
        await first.ExecuteAsync("create table marker (id int)");
        Assert.Equal(0L, await second.ScalarAsync<long>("select count(*) from pg_class where relname = 'marker'"));
    }

    [Fact]
    public async Task A_database_is_gone_after_its_test_even_while_a_session_holds_it()
    {
        string name;
        await using (var database = await TestDatabase.CreateAsync())
        {
            name = database.Name;
            await database.OpenAsync();
        }
        await using var other = await TestDatabase.CreateAsync();
        Assert.Equal(0L, await other.ScalarAsync<long>($"select count(*) from pg_database where datname = '{name}'"));
    }

    [Fact]
    public async Task Only_what_carries_the_label_is_removed()
    {
        await using var kept = new ContainerLabel();
        var keptVolume = (await ContainerLabel.DockerAsync("volume", "create", "--label", kept.ToString())).Trim();
        await using (var gone = new ContainerLabel())
            await ContainerLabel.DockerAsync("volume", "create", "--label", gone.ToString());
        Assert.Equal(keptVolume, (await ContainerLabel.DockerAsync("volume", "ls", "--quiet", "--filter", $"label={ContainerLabel.Key}={kept.Value}")).Trim());
    }

    [Fact]
    public async Task The_registry_speaks_the_distribution_protocol()
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://{TestServers.Registry}/v2/"));
        Assert.True(answer.IsSuccessStatusCode);
    }
}

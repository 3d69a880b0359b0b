using System.Runtime.CompilerServices;
using Npgsql;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>A fleet at its first version on a server of its own, with a second one pending, and a standby of that server.</summary>
public sealed class FailingServers : IAsyncLifetime
{
    public OwnServer Server { get; private set; } = null!;

    public OwnServer Standby { get; private set; } = null!;

    public Sample Sample { get; private set; } = null!;

    public string Structure { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Server = await OwnServer.StartAsync();
        Sample = await Fleet.WithItemsAsync(await TestDatabase.CreateAsync(Server.Address, ""));
        Sample.Migration("000002_note", "alter table item add column note text;", "alter table item drop column note;");
        Structure = await Sample.StructureAsync();
        Standby = await Server.StandbyAsync();
    }

    public async Task DisposeAsync()
    {
        if (Sample is not null)
            await Sample.DisposeAsync();
        if (Standby is not null)
            await Standby.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
    }
}

/// <summary>Real servers on their bad days: each is told apart by its own message, and nothing was touched.</summary>
public sealed class BadServerTests(FailingServers servers) : IClassFixture<FailingServers>
{
    private Sample Sample => servers.Sample;

    [Fact]
    public Task A_standby() => RefusedAsync(servers.Standby);

    [Fact]
    public async Task A_database_that_is_read_only()
    {
        await servers.Server.ExecuteAsync($"alter database {Sample.Database.Name} set default_transaction_read_only = on");
        await RefusedAsync(servers.Server);
        await servers.Server.ExecuteAsync($"alter database {Sample.Database.Name} reset default_transaction_read_only");
    }

    [Fact]
    public async Task A_server_without_a_connection_left()
    {
        var taken = new List<NpgsqlConnection>();
        try
        {
            while (true)
                taken.Add(await servers.Server.OpenAsync());
        }
        catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            await CallAsync(servers.Server, nameof(A_server_without_a_connection_left));
        }
        finally
        {
            foreach (var session in taken)
                await session.DisposeAsync();
        }

        // The server ends a session some moments after its client did.
        await Eventually.Async(async () => servers.Structure == await Sample.StructureAsync(), TimeSpan.FromSeconds(30), what: "nothing was touched");
    }

    [Fact]
    public async Task A_server_that_starts()
    {
        await servers.Standby.StopAsync();
        // One that may not answer while it replays stays in the state that every server is in for a moment.
        await servers.Standby.StartAgainAsync("hot_standby=off", wait: false);
        await servers.Standby.UntilRefusesAsync(PostgresErrorCodes.CannotConnectNow);
        await RefusedAsync(servers.Standby);
        await servers.Standby.StopAsync();
        await servers.Standby.StartAgainAsync();
    }

    [Fact]
    public async Task A_server_that_shuts_down()
    {
        await using (await servers.Standby.OpenAsync())
        {
            await servers.Standby.StopAsync("smart", wait: false);
            await servers.Standby.UntilRefusesAsync(PostgresErrorCodes.CannotConnectNow);
            await RefusedAsync(servers.Standby);
        }

        // The last session has gone, so it stops.
        await servers.Standby.UntilGoneAsync();
        await servers.Standby.StartAgainAsync();
    }

    [Fact]
    public async Task A_server_is_reached_by_its_socket_too()
    {
        var url = $"postgres://sd_admin@/{Sample.Database.Name}?host={servers.Server.Socket}&port={servers.Server.Address.Port}";
        var plan = await Sample.RunAsync("v2", "plan", ("DATABASE_URL", url));
        Assert.True(plan.ExitCode == 0, plan.ToString());
        Assert.Contains("000002", plan.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_of_the_server_is_named_and_the_very_same_command_goes_on_when_there_is_room()
    {
        var space = Directory.CreateTempSubdirectory("sd-space-").FullName;
        await Machine.MountAsync(space, "48m");
        try
        {
            await using var sample = await Fleet.WithItemsAsync(await SpaceAsync(space));
            await FilledAsync(sample, space);
        }
        finally
        {
            await servers.Server.ExecuteAsync("drop tablespace if exists small");
            await Machine.UnmountAsync(space);
            Directory.Delete(space);
        }
    }

    private async Task RefusedAsync(OwnServer server, [CallerMemberName] string test = "")
    {
        await CallAsync(server, test);
        Assert.Equal(servers.Structure, await Sample.StructureAsync());
    }

    private async Task CallAsync(OwnServer server, string test)
    {
        var url = new UriBuilder(server.Address) { Path = Sample.Database.Name }.Uri.ToString();
        var result = await Sample.RunAsync("v2", "run", ("DATABASE_URL", url));
        Assert.True(result.ExitCode == 3, result.ToString());
        var text = Normal.Text(string.Join('\n', result.Problems), Sample).Replace(server.Address.Authority, "SERVER", StringComparison.Ordinal);
        Golden.Verify(text, test);
    }

    private async Task<TestDatabase> SpaceAsync(string space)
    {
        var folder = Directory.CreateDirectory(Path.Combine(space, "server")).FullName;
        await Machine.GiveToServerAsync(folder);
        await servers.Server.ExecuteAsync($"create tablespace small location '{folder}'");
        return await TestDatabase.CreateAsync(servers.Server.Address, "tablespace small");
    }

    private static async Task FilledAsync(Sample sample, string space)
    {
        sample.Migration("000002_note", "alter table item add column note text;", "alter table item drop column note;");
        await LedgerStop.InstallAsync(sample.Database);
        // Each line of the ledger needs a page of its own, so that the very next one finds the disk full.
        await sample.Database.ExecuteAsync("alter table safe_deploy.entry set (fillfactor = 10)");
        await using (var stop = await LedgerStop.ArmAsync(sample.Database, new LedgerPoint("migrate-tenants", "step-started", 1)))
        {
            using var run = sample.Start("v2", ["run"]);
            Assert.True(await stop.ReachedAsync(run), "the run ended before");
            await Machine.FillAsync(space);
            await stop.LetGoAsync();
            var end = await run.EndAsync();
            Assert.True(end.ExitCode == 2, end.ToString());
            Golden.Verify(Normal.Text(string.Join('\n', end.Problems), sample), "A_full_disk_of_the_server");
        }

        File.Delete(Path.Combine(space, "filler"));
        await sample.DeployAsync("v2");
        Assert.Equal(["000002"], await sample.TenantVersionsAsync());
    }
}

using System.Globalization;
using System.Net;
using Npgsql;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Crash;

/// <summary>The sample with a release that serves, and a copy of its database to start from again: one deployment, many crashes.</summary>
internal sealed class CrashWorld : IAsyncDisposable
{
    private readonly string _start;
    private readonly NpgsqlConnection _server;

    private CrashWorld(Sample sample, NpgsqlConnection server, string serves)
    {
        (Sample, _server, Serves) = (sample, server, serves);
        _start = sample.Database.Name + "_start";
    }

    public Sample Sample { get; }

    /// <summary>The version that serves before each crash.</summary>
    public string Serves { get; }

    /// <summary>Schema and data of every scope before the deployment.</summary>
    public string Before { get; private set; } = "";

    public static async Task<CrashWorld> ServingAsync(string version, int tenants = 3)
    {
        var sample = await Sample.WithV1Async(tenants);
        if (version != "v1")
            await sample.DeployAsync(version);
        await LedgerStop.InstallAsync(sample.Database);
        var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(sample.Database.ConnectionString) { Database = "postgres" }.ConnectionString);
        await server.OpenAsync();
        var world = new CrashWorld(sample, server, version);
        await world.KeepAsync();
        world.Before = await world.DumpAsync();
        return world;
    }

    /// <summary>Database and ledger as they were; the containers serve the same release already.</summary>
    public async Task StartAgainAsync()
    {
        await OnServerAsync($"drop database if exists {Sample.Database.Name} with (force)");
        await OnServerAsync($"create database {Sample.Database.Name} template {_start}");
        await Eventually.Async(AnswersAgainAndAgainAsync, TimeSpan.FromSeconds(30), what: $"{Serves} answers from the restored database");
    }

    // The backends notice their lost sessions one by one.
    private async Task<bool> AnswersAgainAndAgainAsync()
    {
        for (var well = 0; well < 12; well++)
            if (await Sample.AskFrontAsync() != (HttpStatusCode.OK, Serves))
                return false;
        return true;
    }

    public Task<string> DumpAsync() => Dump.OfAsync(Sample.Database);

    /// <summary>Which versions containers of this sample run now, each once.</summary>
    public async Task<string[]> RunningVersionsAsync()
    {
        var lines = await ContainerLabel.DockerAsync(
            "ps", "--filter", $"label=safe-deploy.service={Sample.Service}", "--format", "{{.Label \"safe-deploy.version\"}}");
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The front answers as the release that served before, for every tenant.</summary>
    public async Task AssertServesAsync()
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        for (var tenant = 1; tenant <= Sample.Tenants; tenant++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Sample.Front);
            request.Headers.Add("X-Tenant", $"tenant_{tenant.ToString("000", CultureInfo.InvariantCulture)}");
            using var answer = await client.SendAsync(request);
            var version = answer.Headers.TryGetValues("X-App-Version", out var values) ? values.First() : "no version";
            Assert.True(
                (answer.StatusCode, version) == (HttpStatusCode.OK, Serves),
                $"tenant {tenant}: {answer.StatusCode} of {version}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await OnServerAsync($"drop database if exists {_start} with (force)");
        await _server.DisposeAsync();
        await Sample.DisposeAsync();
    }

    // A template may have no other session while it is copied.
    private async Task KeepAsync()
    {
        await OnServerAsync($"alter database {Sample.Database.Name} with allow_connections false");
        await OnServerAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{Sample.Database.Name}'");
        await OnServerAsync($"create database {_start} template {Sample.Database.Name}");
        await OnServerAsync($"alter database {Sample.Database.Name} with allow_connections true");
        await StartAgainAsync();
    }

    private async Task OnServerAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _server);
        await command.ExecuteNonQueryAsync();
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>The sample on servers of its own: a fresh database, containers named after this test only, a free port.</summary>
public sealed class Sample : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly string _service = $"e2e-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly string _home = Directory.CreateTempSubdirectory("sd-e2e-").FullName;

    private Sample(TestDatabase database, int tenants)
    {
        _database = database;
        Tenants = tenants;
        Port = FreePort();
    }

    public int Tenants { get; }

    public int Port { get; }

    public TestDatabase Database => _database;

    public string Service => _service;

    public string Backups => Path.Combine(_home, "backups");

    public Uri Front => new($"http://127.0.0.1:{Port}/");

    /// <summary>The sample's own, unless a test needs another.</summary>
    public string Config { get; set; } = Path.Combine(Folder, "safe-deploy.yml");

    public static string Folder => Path.Combine(TestServers.RepositoryRoot, "tests", "samples", "sql-files");

    /// <summary>A registry of tenants without any table of a release.</summary>
    public static async Task<Sample> EmptyAsync(int tenants = 3)
    {
        var database = await TestDatabase.CreateAsync();
        var sample = new Sample(database, tenants);
        Directory.CreateDirectory(sample.Backups);
        await database.ExecuteAsync($"alter database {database.Name} set sample.tenants = '{tenants}'");
        await sample.SqlFileAsync("seed/tenants.sql");
        return sample;
    }

    /// <summary>v1 deployed and seeded.</summary>
    public static async Task<Sample> WithV1Async(int tenants = 3)
    {
        var sample = await EmptyAsync(tenants);
        await sample.DeployAsync("v1");
        await sample.SqlFileAsync("seed/data.sql");
        return sample;
    }

    /// <summary>Deploys a release that must succeed.</summary>
    public async Task DeployAsync(string version)
    {
        var result = await RunAsync(version, "run");
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    /// <summary>Calls the published program on the sample's configuration.</summary>
    public Task<CliResult> RunAsync(string version, string verb, params (string Name, string Value)[] variables) =>
        CliAsync(version, verb.Split(' '), variables);

    public async Task<CliResult> CliAsync(string version, string[] arguments, params (string Name, string Value)[] variables)
    {
        using var process = Start(version, arguments, variables);
        return await process.EndAsync();
    }

    /// <summary>Starts the program and leaves it running.</summary>
    public CliProcess Start(string version, string[] arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(TestServers.Program)
        {
            WorkingDirectory = _home,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments.Append("--config").Append(Config))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in Variables(version).Concat(variables))
            start.Environment[name] = value;
        return new CliProcess(start);
    }

    private IEnumerable<(string, string)> Variables(string version)
    {
        var port = TestServers.Postgres.Port;
        return
        [
            ("VERSION", version),
            ("DATABASE_URL", _database.Url),
            ("APP_DATABASE_URL", $"postgres://pos_app:pos_app@/{_database.Name}?host=/run/postgresql&port={port}"),
            ("POSTGRES_SOCKET", TestServers.PostgresSocket),
            ("BACKUPS", Backups),
            ("SERVICE", _service),
            ("PORT", Port.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("FRONT_IMAGE", "safe-deploy-test/haproxy:local"),
            ("SOAK", "2s"),
            ("WITHIN", "45s"),
        ];
    }

    public async Task SqlFileAsync(string path) =>
        await _database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(Folder, path)));

    /// <summary>One GET through the front; status and the version that answered.</summary>
    public async Task<(HttpStatusCode Status, string? Version)> AskFrontAsync(string path = "/")
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using var answer = await client.GetAsync(new Uri(Front, path));
        return (answer.StatusCode, answer.Headers.TryGetValues("X-App-Version", out var values) ? values.First() : null);
    }

    /// <summary>Per scope the newest applied version, as the ledger's own table has it.</summary>
    public async Task<ImmutableSortedDictionary<string, string>> VersionsAsync()
    {
        await using var connection = await _database.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("select scope, max(version) from safe_deploy.migration group by scope", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var versions = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
            versions[reader.GetString(0)] = reader.GetString(1);
        return versions.ToImmutable();
    }

    /// <summary>The tenants' newest versions, each once: one element means no mix.</summary>
    public async Task<string[]> TenantVersionsAsync() =>
        [.. (await VersionsAsync()).Where(v => v.Key != "public").Select(v => v.Value).Distinct()];

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync(["ps", "-aq", "--no-trunc"], ["rm", "-fv"]);
        await RemoveAsync(["network", "ls", "-q", "--no-trunc"], ["network", "rm"]);
        await _database.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private async Task RemoveAsync(string[] list, string[] remove)
    {
        var found = await ContainerLabel.DockerAsync([.. list, "--filter", $"label=safe-deploy.service={_service}"]);
        var ids = found.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (ids.Length > 0)
            await ContainerLabel.DockerAsync([.. remove, .. ids]);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>How one call of the program ended.</summary>
public sealed record CliResult(int ExitCode, string Out, string Error)
{
    /// <summary>Stdout as the one JSON document it must be.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public override string ToString() => $"exit {ExitCode}\n--- stdout\n{Out}\n--- stderr\n{Error}";
}

/// <summary>The program while it runs.</summary>
public sealed class CliProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _out;
    private readonly Task<string> _error;

    public CliProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        _out = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public void Kill() => _process.Kill();

    public async Task<CliResult> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await _process.WaitForExitAsync(patience.Token);
        return new CliResult(_process.ExitCode, await _out, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

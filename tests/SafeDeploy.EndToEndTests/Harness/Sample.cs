using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>The sample on servers of its own: a fresh database, containers named after this test only, a free port.</summary>
public sealed class Sample : IAsyncDisposable
{
    private const string FrontImage = "safe-deploy-test/haproxy:local";

    private static readonly string[] CiVariables = ["GITHUB_", "BUILD_", "SYSTEM_", "CI_"];

    private readonly string _home = Directory.CreateTempSubdirectory("sd-e2e-").FullName;
    private readonly StringBuilder _said = new();
    private readonly bool _hasContainers;

    private readonly string _socket;

    private Sample(TestDatabase database, int tenants, bool hasContainers = true, string? socket = null) =>
        (Database, Tenants, _hasContainers, _socket) = (database, tenants, hasContainers, socket ?? TestServers.PostgresSocket);

    public static string Folder => Path.Combine(TestServers.RepositoryRoot, "tests", "samples", "sql-files");

    public TestDatabase Database { get; }

    public int Tenants { get; }

    public int Port { get; } = FreePort();

    /// <summary>Containers that serve; one where a test is not about several: each is a start of the sample's runtime.</summary>
    public int Replicas { get; set; } = 1;

    public string Service { get; } = $"e2e-{Guid.NewGuid().ToString("N")[..8]}";

    public string Home => _home;

    public string Backups => Path.Combine(_home, "backups");

    /// <summary>The sample's own, unless a test needs another.</summary>
    public string Config { get; set; } = Path.Combine(Folder, "safe-deploy.yml");

    /// <summary>A program and its arguments that the program under test is started through; empty: none.</summary>
    public ImmutableArray<string> Through { get; set; } = [];

    public Uri Front => new($"http://127.0.0.1:{Port}/");

    /// <summary>Everything that all calls so far have printed, on both streams.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>What is called differently in every run, longest first, and the word that goldens have for it.</summary>
    public IEnumerable<(string Value, string Name)> Names =>
    [
        (Database.Name, "DATABASE"),
        (Folder, "SAMPLE"),
        (_home, "HOME"),
        (Service, "SERVICE"),
        (Database.Server, "SERVER"),
        (_socket, "SOCKET"),
        ($"127.0.0.1:{Port}", "127.0.0.1:PORT"),
        ($" by {Environment.UserName} on {Environment.MachineName}", " by USER on MACHINE"),
        ($" by {Environment.UserName}\n", " by USER\n"),
        (Environment.MachineName, "MACHINE"),
    ];

    /// <summary>A registry of tenants without any table of a release.</summary>
    public static async Task<Sample> EmptyAsync(int tenants = 3) => await OnAsync(await TestDatabase.CreateAsync(), tenants);

    /// <summary>The same in a database that is there; it is the sample's from now on.</summary>
    /// <param name="hasContainers">False: no container is ever made, and none is looked for at the end.</param>
    /// <param name="socket">The directory of its server's unix socket; null: the server of all tests.</param>
    public static async Task<Sample> OnAsync(TestDatabase database, int tenants = 3, bool hasContainers = true, string? socket = null)
    {
        var sample = new Sample(database, tenants, hasContainers, socket);
        Directory.CreateDirectory(sample.Backups);
        await sample.Database.ExecuteAsync($"alter database {sample.Database.Name} set sample.tenants = '{tenants.ToString(CultureInfo.InvariantCulture)}'");
        await sample.SqlFileAsync("seed/tenants.sql");
        return sample;
    }

    /// <summary>Over a database that is there already, without a container of its own.</summary>
    public static Sample Over(TestDatabase database, int tenants)
    {
        var sample = new Sample(database, tenants, hasContainers: false);
        Directory.CreateDirectory(sample.Backups);
        return sample;
    }

    /// <summary>v1 deployed and seeded.</summary>
    public static async Task<Sample> WithV1Async(int tenants = 3, int replicas = 1)
    {
        var sample = await EmptyAsync(tenants);
        sample.Replicas = replicas;
        return await SeededAsync(sample);
    }

    /// <summary>The same on a server of the test's own.</summary>
    public static async Task<Sample> WithV1Async(OwnServer server) =>
        await SeededAsync(await OnAsync(await TestDatabase.CreateAsync(server.Address, ""), socket: server.Socket));

    private static async Task<Sample> SeededAsync(Sample sample)
    {
        try
        {
            await sample.DeployAsync("v1");
            await sample.SqlFileAsync("seed/data.sql");
            return sample;
        }
        catch
        {
            await sample.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on the program reads this configuration; paths in it start at <see cref="Home"/>.</summary>
    public void Configure(string yaml)
    {
        Config = Path.Combine(_home, "safe-deploy.yml");
        File.WriteAllText(Config, yaml);
        if (!Directory.Exists(Path.Combine(_home, "releases")))
            Directory.CreateSymbolicLink(Path.Combine(_home, "releases"), Path.Combine(Folder, "releases"));
    }

    /// <summary>The sample's own configuration with one text in it replaced; a text that is not there is a mistake of the test.</summary>
    public void Configure(params (string Old, string New)[] edits)
    {
        var yaml = File.ReadAllText(Path.Combine(Folder, "safe-deploy.yml"));
        foreach (var (old, replacement) in edits)
        {
            Assert.Contains(old, yaml, StringComparison.Ordinal);
            yaml = yaml.Replace(old, replacement, StringComparison.Ordinal);
        }

        Configure(yaml);
    }

    /// <summary>A file of the test's own beside the configuration.</summary>
    public void Write(string path, string text)
    {
        var full = Path.Combine(_home, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    /// <summary>Deploys a release that must succeed.</summary>
    public async Task DeployAsync(string version, params (string Name, string Value)[] variables)
    {
        var result = await RunAsync(version, "run", variables);
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    /// <summary>Calls the published program on the sample's configuration.</summary>
    public Task<CliResult> RunAsync(string version, string line, params (string Name, string Value)[] variables) =>
        CliAsync(version, line.Split(' '), variables);

    public async Task<CliResult> CliAsync(string version, string[] arguments, params (string Name, string Value)[] variables)
    {
        using var process = Start(version, arguments, variables);
        var result = await process.EndAsync();
        lock (_said)
            _said.Append(result);
        return result;
    }

    /// <summary>Calls it once and takes a picture of the world on both sides.</summary>
    public async Task<Played> PlayAsync(string version, params (string Name, string Value)[] variables)
    {
        var before = await PictureAsync();
        var result = await RunAsync(version, "run", variables);
        return new Played(version, result, await ReportAsync(version), before, await PictureAsync());
    }

    /// <summary>What <c>status</c> reports of the environment's last deployment.</summary>
    public async Task<JsonElement> ReportAsync(string version = "v1")
    {
        var status = await RunAsync(version, "status --output json");
        Assert.True(status.ExitCode == 0, status.ToString());
        return status.Json.GetProperty("report");
    }

    /// <summary>Starts the program and leaves it running.</summary>
    public CliProcess Start(string version, string[] arguments, params (string Name, string Value)[] variables)
    {
        string[] line = [.. Through, TestServers.Program, .. arguments, "--config", Config];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = _home,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The machine that runs the tests may be a CI itself: its run is not the one under test.
        foreach (var name in start.Environment.Keys.Where(name => CiVariables.Any(ci => name.StartsWith(ci, StringComparison.Ordinal))).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in Variables(version).Concat(variables))
            start.Environment[name] = value;
        return new CliProcess(start);
    }

    /// <summary>What the configuration reads from the environment.</summary>
    public IEnumerable<(string Name, string Value)> Variables(string version) =>
    [
        ("VERSION", version),
        ("DATABASE_URL", Database.Url),
        ("APP_DATABASE_URL", $"postgres://pos_app:pos_app@/{Database.Name}?host=/run/postgresql&port={Database.Server.Split(':')[^1]}"),
        ("POSTGRES_SOCKET", _socket),
        ("BACKUPS", Backups),
        ("SERVICE", Service),
        ("PORT", Port.ToString(CultureInfo.InvariantCulture)),
        ("FRONT_IMAGE", FrontImage),
        ("REPLICAS", Replicas.ToString(CultureInfo.InvariantCulture)),
        ("SOAK", "2s"),
        ("WITHIN", "45s"),
    ];

    public async Task SqlFileAsync(string path) =>
        await Database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(Folder, path)));

    public async Task<Picture> PictureAsync() => new(await VersionsAsync(), await StructureAsync(), await FrontAsync(), await ContainersAsync());

    /// <summary>One request through the front: status and the version that answered, or <c>nobody</c>.</summary>
    public async Task<string> FrontAsync(string path = "/", string method = "GET")
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Front, path));
        try
        {
            using var answer = await client.SendAsync(request);
            var version = answer.Headers.TryGetValues("X-App-Version", out var values) ? values.First() : "without a version";
            return string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {version}");
        }
        catch (HttpRequestException)
        {
            return "nobody";
        }
    }

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
        var versions = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (await Database.ScalarAsync<string>("select to_regclass('safe_deploy.migration')::text") is null)
            return versions.ToImmutable();
        await using var connection = await Database.OpenAsync();
        await using var command = new NpgsqlCommand("select scope, max(version) from safe_deploy.migration group by scope", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            versions[reader.GetString(0)] = reader.GetString(1);
        return versions.ToImmutable();
    }

    /// <summary>The tenants' newest versions, each once: one element means no mix.</summary>
    public async Task<string[]> TenantVersionsAsync() =>
        [.. (await VersionsAsync()).Where(v => v.Key != "public").Select(v => v.Value).Distinct()];

    /// <summary>Every schema but the ledger's as the server's own tool prints it: equal texts, equal structures.</summary>
    public async Task<string> StructureAsync()
    {
        var dump = await ToolAsync(Path.Combine(TestServers.PostgresBin, "pg_dump"), "--schema-only", "--exclude-schema=safe_deploy", Database.Url);
        // Newer pg_dump brackets its output with a random word.
        return string.Join('\n', dump.Split('\n').Where(line => !line.StartsWith('\\')));
    }

    /// <summary>Every row of the ledger, as text.</summary>
    public Task<string> LedgerAsync() => ToolAsync(Path.Combine(TestServers.PostgresBin, "pg_dump"), "--data-only", "--schema=safe_deploy", Database.Url);

    /// <summary>Role, version, state and image of each container of this service, one a line, in order.</summary>
    public async Task<string> ContainersAsync()
    {
        var ids = await IdsAsync();
        if (ids.Length == 0)
            return "";
        const string format = "{{index .Config.Labels \"safe-deploy.role\"}} {{index .Config.Labels \"safe-deploy.version\"}} {{.State.Status}} {{.Image}}";
        var lines = await ContainerLabel.DockerAsync(["inspect", "--format", format, .. ids]);
        return string.Join('\n', lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    /// <summary>The id under which the engine keeps the image of a release.</summary>
    public static async Task<string> ImageAsync(string tag) =>
        (await ContainerLabel.DockerAsync("image", "inspect", "--format", "{{.Id}}", $"safe-deploy-sample/backend:{tag}")).Trim();

    /// <summary>What <see cref="Picture.Running"/> holds when exactly this release runs: its replicas and a worker, beside the front.</summary>
    public async Task<string> RunningAsync(string version, string? tag = null)
    {
        var front = (await ContainerLabel.DockerAsync("image", "inspect", "--format", "{{.Id}}", FrontImage)).Trim();
        var image = await ImageAsync(tag ?? version);
        return string.Join('\n', [$"front  running {front}", .. Enumerable.Repeat($"web {version} running {image}", Replicas), $"worker {version} running {image}"]);
    }

    public async Task<string[]> IdsAsync(params string[] filters)
    {
        var found = await ContainerLabel.DockerAsync(
            ["ps", "-aq", "--no-trunc", "--filter", $"label=safe-deploy.service={Service}", .. filters.SelectMany(f => new[] { "--filter", f })]);
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    public async ValueTask DisposeAsync()
    {
        if (_hasContainers)
            await RemoveContainersAsync();
        await Database.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private async Task RemoveContainersAsync()
    {
        if (await IdsAsync() is { Length: > 0 } containers)
            await ContainerLabel.DockerAsync(["rm", "-fv", .. containers]);
        var networks = await ContainerLabel.DockerAsync("network", "ls", "-q", "--no-trunc", "--filter", $"label=safe-deploy.service={Service}");
        if (networks.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } ids)
            await ContainerLabel.DockerAsync(["network", "rm", .. ids]);
    }

    private static async Task<string> ToolAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start");
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

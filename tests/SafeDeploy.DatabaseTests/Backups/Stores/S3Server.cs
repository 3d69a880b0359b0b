using System.Diagnostics;
using System.Text.Json;
using SafeDeploy.Config;

namespace SafeDeploy.DatabaseTests.Backups.Stores;

/// <summary>A server of the S3 protocol that verifies signatures and the hashes of bodies (tests/contracts/s3.mjs).</summary>
public sealed class S3Server : IAsyncLifetime
{
    public const string Bucket = "acme-backups";

    /// <summary>Looked for in every message.</summary>
    public const string SecretKey = "s3-sesame-k9Qw72/plus+slash";

    private const string AccessKey = "AKIATESTTEST";

    private readonly string _folder = Directory.CreateTempSubdirectory("safe-deploy-s3").FullName;
    private readonly HttpClient _control = new();
    private Process? _process;

    public Uri Endpoint { get; private set; } = new("http://127.0.0.1:9");

    public S3Settings Settings => new(Endpoint, null, PathStyle: true, new Secret(AccessKey), new Secret(SecretKey));

    public async Task InitializeAsync()
    {
        var home = Path.Combine(TestServers.RepositoryRoot, "artifacts", "contracts");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, WorkingDirectory = home };
        foreach (var argument in new[] { "--openssl-legacy-provider", "s3.mjs", _folder, Bucket, AccessKey, SecretKey })
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        var port = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Endpoint = new Uri($"http://127.0.0.1:{port ?? throw new InvalidOperationException("s3.mjs did not start: run ./build up first")}");
    }

    /// <summary>From now on every connection breaks, after so many more parts of uploads.</summary>
    public Task CutAfterAsync(int parts) => _control.GetStringAsync(new Uri(Endpoint, $"/-/cut?after={parts}"));

    public Task HealAsync() => _control.GetStringAsync(new Uri(Endpoint, "/-/heal"));

    /// <summary>Names of uploads that were begun and never ended.</summary>
    public async Task<string[]> UploadsAsync() => JsonSerializer.Deserialize<string[]>(await _control.GetStringAsync(new Uri(Endpoint, "/-/uploads")))!;

    public async Task DisposeAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _control.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

using System.Net;
using System.Text.Json;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>v1, v2, and a v3 that was taken back.</summary>
public sealed class ThreeReleases : IAsyncLifetime
{
    public Sample Sample { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sample = await Sample.WithV1Async();
        await Sample.DeployAsync("v2");
        Assert.Equal(1, (await Sample.RunAsync("v3", "run")).ExitCode);
    }

    public async Task DisposeAsync()
    {
        if (Sample is not null)
            await Sample.DisposeAsync();
    }
}

/// <summary><c>rollback --to</c>: names that are refused.</summary>
public sealed class RollbackToNobodyTests(ThreeReleases three) : IClassFixture<ThreeReleases>
{
    [Theory]
    [InlineData("v9", "SD0815")]
    [InlineData("v2", "SD0816")]
    [InlineData("v3", "SD0818")]
    public async Task A_name_that_cannot_be_gone_back_to_is_refused_and_moves_nothing(string to, string code)
    {
        var before = await three.Sample.PictureAsync();
        var result = await three.Sample.RunAsync("v2", $"rollback --to {to}");
        Assert.True(result.ExitCode == 3 && result.Error.Contains(code, StringComparison.Ordinal), result.ToString());
        Assert.Equal("200 v2", before.Front);
        Picture.Same(before, await three.Sample.PictureAsync());
    }
}

/// <summary><c>rollback</c> and <c>rollback --to</c>: back from a release that was committed, over several at once, on real servers.</summary>
public sealed class RollbackToTests : IAsyncLifetime
{
    private const string Repository = "safe-deploy-sample/backend";
    private readonly string _variant = $"-good-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>A v3 without its fault.</summary>
    public async Task InitializeAsync()
    {
        var made = (await ContainerLabel.DockerAsync("create", $"{Repository}:v3")).Trim();
        await ContainerLabel.DockerAsync("commit", "--change", "ENV BEHAVIOUR=good", made, $"{Repository}:v3{_variant}");
        await ContainerLabel.DockerAsync("rm", "--force", made);
    }

    public async Task DisposeAsync() => await ContainerLabel.DockerAsync("image", "rm", "--force", $"{Repository}:v3{_variant}");

    [Fact]
    public async Task Going_back_over_one_or_two_releases_runs_the_exact_image_of_then_and_the_next_run_is_accepted()
    {
        await using var sample = await Sample.WithV1Async();
        var first = await DigestAsync(sample);
        await sample.DeployAsync("v2");
        await DeployV3Async(sample);
        var plain = await sample.RunAsync("v3", "rollback");
        Assert.True(plain.ExitCode == 0, plain.ToString());
        Assert.Equal((HttpStatusCode.OK, "v2"), await sample.AskFrontAsync());
        await DeployV3Async(sample);
        Assert.NotEqual(first, await DigestAsync(sample));

        var dry = await sample.RunAsync("v3", "rollback --to v1 --dry-run --output json");
        Assert.True(dry.ExitCode == 0, dry.ToString());
        Assert.Equal((HttpStatusCode.OK, "v3"), await sample.AskFrontAsync());

        var back = await sample.RunAsync("v3", "rollback --to v1 --output json");
        Assert.True(back.ExitCode == 0, back.ToString());
        Assert.Equal("rolled-back", back.Json.GetProperty("conclusion").GetString());
        Assert.Equal(Lines(dry.Json.GetProperty("actions")), Lines(back.Json.GetProperty("report").GetProperty("decision").GetProperty("actions")));
        Assert.Equal((HttpStatusCode.OK, "v1"), await sample.AskFrontAsync());
        Assert.Equal(first, await DigestAsync(sample));
        Assert.Equal(["000006"], await sample.TenantVersionsAsync());

        var history = await sample.RunAsync("v1", "history --output json");
        Assert.Equal(["v3", "v3", "v2", "v1"], history.Json.GetProperty("deployments").EnumerateArray().Select(d => d.GetProperty("to").GetProperty("version").GetString()));
        await DeployV3Async(sample);
        Assert.Equal((HttpStatusCode.OK, "v3"), await sample.AskFrontAsync());
    }

    [Fact]
    public async Task A_rollback_to_an_older_release_that_was_killed_is_gone_on_with_by_the_next_call()
    {
        await using var sample = await Sample.WithV1Async();
        var first = await DigestAsync(sample);
        await sample.DeployAsync("v2");
        await DeployV3Async(sample);
        using (var process = sample.Start("v3", ["rollback", "--to", "v1"]))
        {
            await Eventually.Async(() => IsDecidedAsync(sample), TimeSpan.FromMinutes(1));
            process.Kill();
        }

        var other = await sample.RunAsync("v3", "rollback --to v2 --take-over");
        Assert.True(other.ExitCode == 3 && other.Error.Contains("SD0820", StringComparison.Ordinal), other.ToString());
        var back = await sample.RunAsync("v3", "rollback");
        Assert.True(back.ExitCode == 0, back.ToString());
        Assert.Equal((HttpStatusCode.OK, "v1"), await sample.AskFrontAsync());
        Assert.Equal(first, await DigestAsync(sample));
        await DeployV3Async(sample);
    }

    private async Task DeployV3Async(Sample sample)
    {
        var result = await sample.RunAsync("v3", "run", ("VARIANT", _variant));
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    private static string[] Lines(JsonElement actions) => [.. actions.EnumerateArray().Select(a => a.GetString()!)];

    /// <summary>The image that the serving release's containers were made from.</summary>
    private static async Task<string> DigestAsync(Sample sample)
    {
        var (_, version) = await sample.AskFrontAsync();
        var ids = (await ContainerLabel.DockerAsync("ps", "-q", "--filter", $"label=safe-deploy.service={sample.Service}", "--filter", "label=safe-deploy.role=web"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        using var containers = JsonDocument.Parse(await ContainerLabel.DockerAsync(["inspect", .. ids]));
        return containers.RootElement.EnumerateArray()
            .Where(c => c.GetProperty("Config").GetProperty("Env").EnumerateArray().Any(e => e.GetString() == $"APP_VERSION={version}"))
            .Select(c => c.GetProperty("Image").GetString()!).Distinct().Single();
    }

    private static async Task<bool> IsDecidedAsync(Sample sample)
    {
        await using var connection = await sample.Database.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("select count(*) from safe_deploy.entry where kind = 'rollback-decided'", connection);
        return await command.ExecuteScalarAsync() is > 0L;
    }
}

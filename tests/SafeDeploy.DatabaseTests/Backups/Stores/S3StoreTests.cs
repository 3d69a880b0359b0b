using System.Security.Cryptography;
using SafeDeploy.Config;
using SafeDeploy.Integrations.BackupStores;
using SafeDeploy.Integrations.BackupStores.S3;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Backups.Stores;

public sealed class S3StoreTests(S3Server server) : BackupStoreContract, IClassFixture<S3Server>, IDisposable
{
    // Few tries: what breaks here stays broken.
    private static readonly S3Limits Small = new(PartSize: 5 << 20, Retries: 1);

    private readonly string _prefix = $"sets/{Guid.NewGuid():N}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("safe-deploy-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    private Uri Place => new($"s3://{S3Server.Bucket}/{_prefix}");

    protected override IBackupStore Open() => new RemoteStore(new S3Files(Place, server.Settings, S3Limits.Default));

    private S3Files InParts() => new(Place, server.Settings, Small);

    [Fact]
    public async Task A_large_file_goes_in_parts_and_comes_back_as_it_was()
    {
        using var files = InParts();
        var sent = Large(12 << 20);
        await files.PutAsync("prod-1/public.dump", sent, default);
        var back = Path.Combine(_folder.FullName, "back");
        Assert.True(await files.GetAsync("prod-1/public.dump", back, default));
        Assert.Equal(HashOf(sent), HashOf(back));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(back));
        Assert.Empty(await server.UploadsAsync());
    }

    [Fact]
    public async Task An_upload_that_breaks_leaves_no_file_and_the_next_try_removes_its_parts()
    {
        using var files = InParts();
        await server.CutAfterAsync(parts: 1);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => files.PutAsync("prod-1/public.dump", Large(12 << 20), default));
        await server.HealAsync();
        Assert.Equal("SD0513", failure.Problem.Code);
        Assert.Empty(await files.ListAsync("", default));
        Assert.Equal([$"{_prefix}/prod-1/public.dump"], await server.UploadsAsync());
        var store = Open();
        await store.BeginAsync("prod-1", default);
        Assert.Empty(await server.UploadsAsync());
        await store.AbandonAsync("prod-1");
    }

    [Fact]
    public async Task An_upload_that_is_cancelled_takes_its_parts_away()
    {
        using var files = InParts();
        using var stop = new CancellationTokenSource();
        var sent = Large(60 << 20);
        var put = files.PutAsync("prod-1/public.dump", sent, stop.Token);
        await Eventually.Async(async () => (await server.UploadsAsync()).Length > 0 || put.IsCompleted, TimeSpan.FromSeconds(30));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        Assert.Empty(await server.UploadsAsync());
        Assert.Empty(await files.ListAsync("", default));
    }

    [Fact]
    public async Task More_names_than_fit_one_answer_are_all_listed()
    {
        using var files = InParts();
        var empty = Path.Combine(_folder.FullName, "empty");
        await File.WriteAllTextAsync(empty, "");
        await Parallel.ForEachAsync(Enumerable.Range(0, 50), async (n, stop) => await files.PutAsync($"set-{n}/manifest.json", empty, stop));
        Assert.Equal(50, (await Open().SetsAsync(default)).Length);
    }

    [Fact]
    public async Task What_the_server_refuses_is_named_by_its_code_and_no_secret_is_in_it()
    {
        var nobody = new Secret("AKIANOBODY");
        var problems = new List<Problem>
        {
            await RefusedAsync(Place, server.Settings with { SecretKey = new Secret("wrong-sesame") }),
            await RefusedAsync(Place, server.Settings with { AccessKey = nobody }),
            await RefusedAsync(new Uri("s3://no-such-bucket/x"), server.Settings),
            await RefusedAsync(Place, server.Settings with { Endpoint = new Uri("http://127.0.0.1:9") }),
        };
        Assert.DoesNotContain("sesame", ProblemText.Of(problems), StringComparison.Ordinal);
        Golden.Verify(ProblemText.Of(problems).Replace(_prefix, "sets", StringComparison.Ordinal));
    }

    private static async Task<Problem> RefusedAsync(Uri place, S3Settings settings)
    {
        using var files = new S3Files(place, settings, Small);
        return (await Assert.ThrowsAsync<ProblemException>(() => files.ListAsync("", default))).Problem;
    }

    private string Large(int bytes)
    {
        var file = Path.Combine(_folder.FullName, "large");
        var content = new byte[bytes];
        new Random(7).NextBytes(content);
        File.WriteAllBytes(file, content);
        return file;
    }

    private static string HashOf(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
}

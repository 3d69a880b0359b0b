using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>Release v2 after v1 as it should not be, in every way that the sample knows; while it hangs, a second run comes along.</summary>
public sealed class BadImages : IAsyncLifetime
{
    public static readonly string[] Variants = ["exits", "hangs", "not-ready", "lies", "errors-inside", "bad-after-switch"];

    /// <summary>The first to be played: v2's additions came with it and stayed, as they may.</summary>
    public const string First = "exits";

    public Sample Sample { get; private set; } = null!;

    public Dictionary<string, Played> Played { get; } = [];

    /// <summary>The run that met the hanging one at work.</summary>
    public CliResult Second { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Sample = await Sample.WithV1Async();
        foreach (var variant in Variants.Where(v => v != "hangs"))
            Played[variant] = await Sample.PlayAsync("v2", ("VARIANT", $"-{variant}"), ("WITHIN", "15s"));
        await HangAsync();
    }

    private async Task HangAsync()
    {
        var before = await Sample.PictureAsync();
        using var first = Sample.Start("v2", ["run"], [("VARIANT", "-hangs"), ("WITHIN", "12s"), .. GitHub.Run(1001, "ada")]);
        await Eventually.Async(async () => (await Sample.IdsAsync("label=safe-deploy.version=v2")).Length > 0, TimeSpan.FromMinutes(1));
        Second = await Sample.RunAsync("v2", "run", GitHub.Run(1002, "grace"));
        Assert.False(first.HasExited);
        var result = await first.EndAsync();
        Played["hangs"] = new Played("v2", result, await Sample.ReportAsync(), before, await Sample.PictureAsync());
    }

    public async Task DisposeAsync()
    {
        if (Sample is not null)
            await Sample.DisposeAsync();
    }
}

/// <summary>A bad image is caught with its reason, and what served before serves as if nothing had been.</summary>
public sealed class BadImageTests(BadImages images) : IClassFixture<BadImages>
{
    public static TheoryData<string> Variants => new(BadImages.Variants);

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_bad_image_is_taken_back_and_the_old_one_was_never_touched(string variant)
    {
        var played = images.Played[variant];
        Assert.True(played.Ended is "1 rolled-back b" or "1 rolled-back a", $"{played.Ended}\n{played.Result}");
        Assert.Equal("200 v1", played.After.Front);
        Assert.Equal(await images.Sample.RunningAsync("v1"), played.After.Running);
        Assert.DoesNotContain(" v2 ", played.After.Containers, StringComparison.Ordinal);
        Assert.Equal(["000005"], played.After.TenantVersions);
        var expected = variant == BadImages.First ? images.Played["lies"].Before : played.Before;
        Picture.Same(expected, played.After);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_reason_why_an_image_is_bad_is_quoted(string variant) =>
        Golden.Verify(Normal.Text(images.Played[variant].Result.Problems[0], images.Sample), $"Bad_image_that_{variant}");

    [Fact]
    public void A_second_run_is_refused_and_names_the_first()
    {
        Assert.Equal(3, images.Second.ExitCode);
        Assert.Contains("https://github.example/acme/pos/actions/runs/1001", images.Second.Error, StringComparison.Ordinal);
        Assert.Contains("by ada on", images.Second.Error, StringComparison.Ordinal);
        Golden.Verify(Normal.Text(images.Second.Error, images.Sample));
    }
}

using SafeDeploy.Config;

namespace SafeDeploy.Tests.Config;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("5s", 5_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("90s", 90_000)]
    [InlineData("168h", 604_800_000)]
    public void A_duration_is_digits_and_a_unit(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Duration.TryParse(text));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("+5s")]
    [InlineData("1.5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("1h30m")]
    [InlineData("169h")]
    [InlineData("99999999999999999999h")]
    [InlineData("٥s")]
    public void Anything_else_is_no_duration(string text) => Assert.Null(Duration.TryParse(text));

    [Theory]
    [InlineData("0s", "0s")]
    [InlineData("60s", "1m")]
    [InlineData("90s", "90s")]
    [InlineData("1500ms", "1500ms")]
    [InlineData("120m", "2h")]
    public void A_duration_is_written_as_a_person_would(string text, string expected) =>
        Assert.Equal(expected, Duration.Text(Duration.TryParse(text)!.Value));

    [Theory]
    [InlineData("512MB", 512L << 20, "512MB")]
    [InlineData("2GB", 2L << 30, "2GB")]
    [InlineData("1024MB", 1L << 30, "1GB")]
    [InlineData("10B", 10L, "10B")]
    [InlineData("0B", 0L, "0B")]
    public void A_size_counts_by_powers_of_1024(string text, long bytes, string shown)
    {
        Assert.Equal(new ByteSize(bytes), ByteSize.TryParse(text));
        Assert.Equal(shown, new ByteSize(bytes).ToString());
    }

    [Theory]
    [InlineData("512")]
    [InlineData("512mb")]
    [InlineData("-1MB")]
    [InlineData("1.5GB")]
    [InlineData("9999999999TB")]
    [InlineData("MB")]
    public void Anything_else_is_no_size(string text) => Assert.Null(ByteSize.TryParse(text));

    [Theory]
    [InlineData("5%", "5")]
    [InlineData("0.1%", "0.1")]
    [InlineData("100%", "100")]
    public void A_percentage_is_a_share_of_a_whole(string text, string value) =>
        Assert.Equal(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture), Percentage.TryParse(text)!.Value.Value);

    [Theory]
    [InlineData("5")]
    [InlineData("101%")]
    [InlineData("-1%")]
    [InlineData("%")]
    [InlineData("1e1%")]
    [InlineData("1,5%")]
    public void Anything_else_is_no_percentage(string text) => Assert.Null(Percentage.TryParse(text));
}

using System.Text;
using System.Text.Json;
using SafeDeploy.Reporting;

namespace SafeDeploy.Tests.Reporting;

public sealed class RedactorTests
{
    private const string Secret = "p@ss/w\"ord ü";
    private readonly Redactor _redactor = new([Secret]);

    public static TheoryData<string> Forms => new(
        Secret, Uri.EscapeDataString(Secret), JsonEncodedText.Encode(Secret).ToString(), Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)));

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_secret_is_taken_out_in_every_form_it_travels_in(string form) =>
        Assert.Equal("url ***, and again ***", _redactor.Clean($"url {form}, and again {form}"));

    [Fact]
    public void Each_line_of_a_key_is_a_secret()
    {
        var key = new Redactor(["-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END KEY-----"]);
        Assert.Equal("leaked: *** and ***", key.Clean("leaked: MIIEvQIBADAN and BgkqhkiG9w0B"));
    }

    [Fact]
    public void The_longer_of_two_secrets_goes_first() =>
        Assert.Equal("***", new Redactor(["secret", "secret-and-more"]).Clean("secret-and-more"));

    [Fact]
    public void A_secret_too_short_to_protect_anything_blanks_out_nothing() =>
        Assert.Equal("a ab", new Redactor(["", "a", "ab"]).Clean("a ab"));

    [Fact]
    public void Without_secrets_the_text_is_as_it_was() => Assert.Equal(Secret, Redactor.None.Clean(Secret));
}

using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Problems;

namespace SafeDeploy.Tests.Docker;

public sealed class EnvFileTests
{
    [Fact]
    public void Lines_are_read_as_docker_reads_them()
    {
        var values = EnvFile.Parse("app.env", "\uFEFF# comment\r\n\r\nA=1\r\n  B=two words = three\nC=\nD=\"quoted\"\nA=2\n");
        Assert.Equal("A=2 B=two words = three C= D=\"quoted\"", string.Join(' ', values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}")));
    }

    [Theory]
    [InlineData("A=1\nsecret-without-name\n")]
    [InlineData("A=1\n=secret\n")]
    [InlineData("A=1\nB C=secret\n")]
    public void A_line_that_is_none_is_named_by_number_and_its_text_is_not_shown(string text)
    {
        var problem = Assert.Throws<ProblemException>(() => EnvFile.Parse("app.env", text)).Problem;
        Assert.Equal("app.env:2", problem.Where);
        Assert.DoesNotContain("secret", problem.What, StringComparison.Ordinal);
    }
}

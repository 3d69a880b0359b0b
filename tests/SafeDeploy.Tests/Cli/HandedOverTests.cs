using System.Collections.Immutable;
using SafeDeploy.Cli.Terminal;

namespace SafeDeploy.Tests.Cli;

/// <summary>What a shim hands over, and what of it the program's own children may inherit: nothing.</summary>
public sealed class HandedOverTests
{
    [Fact]
    public void Tokens_leave_the_environment_and_secret_variables_get_their_own_names()
    {
        var handed = HandedOver.Of(new Dictionary<string, string>
        {
            ["PATH"] = "/bin",
            ["API_KEY"] = "mapped by hand",
            ["SAFE_DEPLOY_HANDED_TOKEN"] = "t",
            ["SAFE_DEPLOY_HANDED_SECRET_DATABASE_URL"] = "postgres://x",
            ["SAFE_DEPLOY_HANDED_SECRET_API_KEY"] = "of the pipeline",
        }.ToImmutableDictionary());
        Assert.Equal("t", handed.Values["TOKEN"]);
        Assert.Equal(["API_KEY=mapped by hand", "DATABASE_URL=postgres://x", "PATH=/bin"], handed.Variables.Select(v => $"{v.Key}={v.Value}").Order(StringComparer.Ordinal));
    }
}

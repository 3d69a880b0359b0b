using System.Globalization;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>The variables by which a job of GitHub Actions says which run it belongs to.</summary>
public static class GitHub
{
    public static (string Name, string Value)[] Run(int id, string actor) =>
    [
        ("GITHUB_RUN_ID", id.ToString(CultureInfo.InvariantCulture)),
        ("GITHUB_ACTOR", actor),
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_REPOSITORY", "acme/pos"),
    ];
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Integrations.Hosts.GitLab;

namespace SafeDeploy.Cli.Actions;

/// <summary>Which CI host a step runs on: the one place that knows all of them.</summary>
public static class HostChoice
{
    /// <summary>As <c>--host</c> takes them.</summary>
    public static readonly ImmutableArray<string> Names = ["github", "azure", "gitlab"];

    /// <param name="named">What the command line says; null = the environment decides.</param>
    public static string NameOf(string? named, ImmutableDictionary<string, string> variables) =>
        named ?? (IsTrue(variables, "TF_BUILD") ? "azure" : IsTrue(variables, "GITLAB_CI") ? "gitlab" : "github");

    public static async Task<IHostPlatform> OpenAsync(string name, Invocation invocation, CancellationToken cancellation) => name switch
    {
        "github" => new GitHubPlatform(invocation.Variables, await EventAsync(invocation, cancellation), invocation.Out, NewToken, TimeProvider.System),
        "azure" => new AzurePlatform(
            invocation.Variables,
            new AzureHandOver(invocation.Handed("TOKEN"), invocation.Handed("GITHUB_TOKEN"), invocation.Variable("SAFE_DEPLOY_RUNS_IN") == "image"),
            invocation.Out, (repository, id, token) => new GitHubDiscussion(repository, id, token, TimeProvider.System), () => NewToken()[..8], TimeProvider.System),
        "gitlab" => new GitLabPlatform(invocation.Variables, invocation.Out, TimeProvider.System),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no host has this name"),
    };

    private static bool IsTrue(ImmutableDictionary<string, string> variables, string name) => variables.GetValueOrDefault(name, "").Equals("true", StringComparison.OrdinalIgnoreCase);

    private static async Task<string> EventAsync(Invocation invocation, CancellationToken cancellation)
    {
        var path = invocation.Variable("GITHUB_EVENT_PATH");
        return path is not null && File.Exists(path) ? await File.ReadAllTextAsync(path, cancellation) : "";
    }

    private static string NewToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}

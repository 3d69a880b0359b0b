using System.Collections.Immutable;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>Reads from a CI's variables which run this is. Pure.</summary>
/// <remarks>GitHub: docs "Variables reference"; Azure: "Predefined variables"; GitLab: "Predefined CI/CD variables reference".</remarks>
public static class CiRun
{
    /// <summary>Outside CI the run id is <c>local</c>: calls of one person on one release belong together.</summary>
    public static RunIdentity Identify(ImmutableDictionary<string, string> variables, string user, string machine, int processId)
    {
        string? Get(string name) => variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
        Uri? Link(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;
        if (Get("GITHUB_RUN_ID") is { } github)
            return new RunIdentity($"github-{github}", Link($"{Get("GITHUB_SERVER_URL")}/{Get("GITHUB_REPOSITORY")}/actions/runs/{github}"), Get("GITHUB_ACTOR") ?? user, machine, processId);
        if (Get("BUILD_BUILDID") is { } azure)
            return new RunIdentity($"azure-{azure}", Link($"{Get("SYSTEM_COLLECTIONURI")}{Uri.EscapeDataString(Get("SYSTEM_TEAMPROJECT") ?? "")}/_build/results?buildId={azure}"), Get("BUILD_REQUESTEDFOR") ?? user, machine, processId);
        if (Get("CI_PIPELINE_ID") is { } gitlab)
            return new RunIdentity($"gitlab-{gitlab}", Link(Get("CI_PIPELINE_URL")), Get("GITLAB_USER_LOGIN") ?? user, machine, processId);
        return new RunIdentity("local", null, user, machine, processId);
    }

    /// <summary>The commit that is released, from the CI's variables; null outside CI.</summary>
    public static string? Commit(ImmutableDictionary<string, string> variables) =>
        new[] { "GITHUB_SHA", "BUILD_SOURCEVERSION", "CI_COMMIT_SHA" }
            .Select(name => variables.GetValueOrDefault(name)).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}

using System.Collections.Immutable;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>What follows from the inputs of a step on every host. Pure.</summary>
public static class StepInputs
{
    /// <summary>What decides where and what is rolled back: a host may evaluate a step's inputs again for its post, and they may have changed.</summary>
    public static readonly ImmutableArray<string> Kept = ["config", "environment", "image", "release", "docker-host"];

    /// <summary>Folder of the configuration from the repository's root, with forward slashes; empty for the root.</summary>
    public static string ConfigFolder(ImmutableDictionary<string, string> inputs) => Path.GetDirectoryName(inputs["config"].Replace('\\', '/'))?.Trim('.', '/') ?? "";

    /// <summary>What is missing where a host does not tell the changed files, for messages.</summary>
    public static string ChangedFiles(ImmutableDictionary<string, string> inputs) => $"list of changed files{(inputs["files"].Length > 0 ? ", so all files are judged" : "")}";

    public static bool WantsSummary(ImmutableDictionary<string, string> inputs, int code) =>
        inputs["summary"] != "off" && (inputs["summary"] != "failure" || code != 0);
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <summary>What the agent reads out of a task's output: <c>##vso[area.event k=v;…]data</c> anywhere in a line.</summary>
internal sealed partial class AgentCommands(
    JsonNode manifest, AgentStep step, Action<string, string, bool> setVariable, Action<string, string> setTaskVariable, Action<string> addSecret, Func<string, string> masked)
{
    private const int KeptOfALevel = 10;

    private readonly Lock _gate = new();

    public void Read(string line)
    {
        lock (_gate)
        {
            step.Raw.Add(line);
            if (Command().Match(line) is not { Success: true } found)
            {
                step.Log.Add(masked(line));
                return;
            }

            var properties = found.Groups[2].Value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(p => p.Split('=', 2)).ToDictionary(p => p[0].ToLowerInvariant(), p => p.Length > 1 ? Unescaped(p[1]) : "", StringComparer.Ordinal);
            Act(found.Groups[1].Value.ToLowerInvariant(), properties, Unescaped(found.Groups[3].Value), line);
        }
    }

    private void Act(string command, Dictionary<string, string> properties, string data, string line)
    {
        string Get(string name) => properties.GetValueOrDefault(name, "");
        switch (command)
        {
            case "task.complete":
                step.Complete = step.Complete == "Failed" ? "Failed" : Get("result");
                step.Log.Add(masked($"##[section]{data}"));
                break;
            case "task.logissue":
                step.Log.Add(masked($"##[{Get("type")}]{data}"));
                if (step.Issues.Count(i => i.Type == Get("type")) < KeptOfALevel)
                    step.Issues.Add(new AgentIssue(Get("type"), masked(data), Get("sourcepath"), Get("linenumber"), Get("code")));
                break;
            case "task.setvariable":
                SetVariable(Get("variable"), data, Get("issecret") == "true", Get("isoutput") == "true");
                break;
            case "task.settaskvariable":
                setTaskVariable(Get("variable"), data);
                break;
            case "task.setsecret":
                addSecret(data);
                break;
            case "task.setprogress":
                step.Progress.Add(int.Parse(Get("value"), System.Globalization.CultureInfo.InvariantCulture));
                break;
            case "task.uploadsummary":
                step.Summaries.Add(masked(File.ReadAllText(data)));
                break;
            case "artifact.upload":
                step.Artifacts.Add((Get("artifactname"), File.Exists(data) ? data : throw new FileNotFoundException(data)));
                break;
            case "build.addbuildtag":
                step.Tags.Add(data);
                break;
            case "task.debug":
                break;
            default:
                step.Refused.Add(line);
                break;
        }
    }

    private void SetVariable(string name, string value, bool isSecret, bool isOutput)
    {
        var allowed = manifest["restrictions"]?["settableVariables"]?["allowed"]?.AsArray().Select(a => a!.ToString()).ToArray();
        if (allowed is not null && !allowed.Contains(name, StringComparer.OrdinalIgnoreCase))
            step.Refused.Add($"variable {name}");
        else
            setVariable(isOutput ? $"{step.Task}.{name}" : name, value, isSecret);
    }

    private static string Unescaped(string text) => text
        .Replace("%3B", ";", StringComparison.Ordinal).Replace("%0D", "\r", StringComparison.Ordinal).Replace("%0A", "\n", StringComparison.Ordinal)
        .Replace("%5D", "]", StringComparison.Ordinal).Replace("%AZP25", "%", StringComparison.Ordinal);

    [GeneratedRegex(@"##vso\[([A-Za-z]+\.[A-Za-z]+) ?([^\]]*)\](.*)$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Command();
}

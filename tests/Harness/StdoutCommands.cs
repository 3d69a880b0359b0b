using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Harness;

/// <param name="Level"><c>error</c>, <c>warning</c> or <c>notice</c>.</param>
public sealed record Annotation(string Level, string Message, string File, string Line, string Title);

/// <summary>Takes every known secret out of what is shown; grows while the job runs.</summary>
public sealed class Masker
{
    private readonly HashSet<string> _forms = new(StringComparer.Ordinal);

    public void Add(string secret)
    {
        foreach (var line in secret.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            _forms.Add(line);
            _forms.Add(Uri.EscapeDataString(line));
            _forms.Add(Convert.ToBase64String(Encoding.UTF8.GetBytes(line)));
        }
    }

    public string Clean(string text) => _forms.OrderByDescending(f => f.Length).Aggregate(text, (t, form) => t.Replace(form, "***", StringComparison.Ordinal));
}

/// <summary>The lines of one step as the runner reads them: commands are obeyed, the rest is the log.</summary>
public sealed partial class StdoutCommands(Masker masker, string workspace)
{
    private const int MostOfALevel = 10;
    private const int LongestMessage = 4096;

    private string? _stop;

    public List<string> Log { get; } = [];

    public List<Annotation> Annotations { get; } = [];

    public List<(string Name, string Value)> Outputs { get; } = [];

    public List<(string Name, string Value)> State { get; } = [];

    public bool HasFailed { get; private set; }

    public void Read(string line)
    {
        if (_stop is not null)
        {
            if (line.Trim() == $"::{_stop}::")
                _stop = null;
            else
                Log.Add(masker.Clean(line));
            return;
        }

        if (Command().Match(line) is not { Success: true } command || !Obey(command.Groups["name"].Value, Properties(command.Groups["properties"].Value), Data(command.Groups["data"].Value)))
            Log.Add(masker.Clean(line));
    }

    /// <summary>An error of the runner itself.</summary>
    public void Error(string message) => Annotate("error", message, new Dictionary<string, string>());

    private bool Obey(string name, Dictionary<string, string> properties, string data)
    {
        switch (name)
        {
            case "add-mask":
                masker.Add(data);
                return true;
            case "stop-commands":
                _stop = data;
                masker.Add(data);
                return true;
            case "error" or "warning" or "notice":
                Annotate(name, data, properties);
                return true;
            case "group" or "endgroup" or "debug" or "echo" or "add-matcher" or "remove-matcher":
                Log.Add(masker.Clean($"##[{name}]{data}"));
                return true;
            case "set-output":
                Outputs.Add((properties.GetValueOrDefault("name", ""), data));
                return true;
            case "save-state":
                State.Add((properties.GetValueOrDefault("name", ""), data));
                return true;
            case "set-env" or "add-path":
                HasFailed = true;
                Error($"The `{name}` command is disabled.");
                return true;
            default:
                return false;
        }
    }

    private void Annotate(string level, string message, Dictionary<string, string> properties)
    {
        Log.Add(masker.Clean($"##[{level}]{message}"));
        if (Annotations.Count(a => a.Level == level) >= MostOfALevel)
            return;
        var file = properties.GetValueOrDefault("file", "");
        var shown = masker.Clean(message);
        Annotations.Add(new Annotation(
            level, shown.Length > LongestMessage ? shown[..LongestMessage] : shown, File.Exists(Path.Combine(workspace, file)) ? file : "",
            properties.GetValueOrDefault("line", ""), masker.Clean(properties.GetValueOrDefault("title", ""))));
    }

    private static Dictionary<string, string> Properties(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(p => p.Split('=', 2)).Where(p => p.Length == 2)
        .GroupBy(p => p[0].Trim()).ToDictionary(p => p.Key, p => Property(p.Last()[1]), StringComparer.Ordinal);

    private static string Data(string text) => text
        .Replace("%0D", "\r", StringComparison.Ordinal).Replace("%0A", "\n", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);

    private static string Property(string text) => Data(text.Replace("%3A", ":", true, CultureInfo.InvariantCulture).Replace("%2C", ",", true, CultureInfo.InvariantCulture));

    [GeneratedRegex("^ *::(?<name>[a-zA-Z-]+)(?: (?<properties>.*?))?::(?<data>.*)$")]
    private static partial Regex Command();
}

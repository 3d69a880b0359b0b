using System.Collections.Immutable;
using System.Text;

namespace SafeDeploy.Tests.Harness;

/// <summary>The files by which a step hands values to the runner: fresh for every container, read when it has ended.</summary>
public sealed class FileCommands
{
    private static readonly (string File, string Variable)[] Kinds =
        [("add_path_", "PATH"), ("set_env_", "ENV"), ("step_summary_", "STEP_SUMMARY"), ("save_state_", "STATE"), ("set_output_", "OUTPUT")];

    private readonly Dictionary<string, string> _files;

    public FileCommands(string folder)
    {
        var suffix = Guid.NewGuid().ToString();
        _files = Kinds.ToDictionary(k => k.Variable, k => Path.Combine(folder, k.File + suffix));
        foreach (var file in _files.Values)
            File.WriteAllText(file, "");
    }

    public IEnumerable<(string Name, string Value)> Variables => _files.Select(f => ($"GITHUB_{f.Key}", f.Value));

    public string Summary => File.ReadAllText(_files["STEP_SUMMARY"]);

    /// <summary>All of them as they were written.</summary>
    public string[] Raw => [.. _files.Values.Select(File.ReadAllText)];

    public ImmutableArray<(string Name, string Value)> Read(string variable) => KeyValues(File.ReadAllText(_files[variable]));

    /// <summary>Whichever of <c>=</c> and <c>&lt;&lt;</c> comes first decides how a line is read.</summary>
    /// <exception cref="FormatException">The step fails.</exception>
    public static ImmutableArray<(string Name, string Value)> KeyValues(string text)
    {
        var found = ImmutableArray.CreateBuilder<(string, string)>();
        for (var at = 0; at < text.Length;)
        {
            var line = Line(text, ref at, out _);
            if (line.Length == 0)
                continue;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var heredoc = line.IndexOf("<<", StringComparison.Ordinal);
            if (equals >= 0 && (heredoc < 0 || equals < heredoc))
                found.Add((line[..equals], line[(equals + 1)..]));
            else if (heredoc > 0 && heredoc + 2 < line.Length)
                found.Add((line[..heredoc], Block(text, ref at, line[(heredoc + 2)..])));
            else
                throw new FormatException($"Invalid format '{line}'");
        }

        return found.ToImmutable();
    }

    private static string Block(string text, ref int at, string delimiter)
    {
        var value = new StringBuilder();
        var isFirst = true;
        while (at < text.Length)
        {
            var line = Line(text, ref at, out var ended);
            if (line == delimiter)
                return value.ToString();
            if (!ended)
                break;
            value.Append(isFirst ? "" : "\n").Append(line);
            isFirst = false;
        }

        throw new FormatException($"Invalid value. Matching delimiter not found '{delimiter}'");
    }

    private static string Line(string text, ref int at, out bool ended)
    {
        var end = text.IndexOf('\n', at);
        ended = end >= 0;
        var line = ended ? text[at..end] : text[at..];
        at = ended ? end + 1 : text.Length;
        return line;
    }
}

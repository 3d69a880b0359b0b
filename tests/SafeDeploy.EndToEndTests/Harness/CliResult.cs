using System.Collections.Immutable;
using System.Text.Json;

namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>How one call of the program ended.</summary>
public sealed record CliResult(int ExitCode, string Out, string Error)
{
    /// <summary>Stdout as the one JSON document it must be; anything before or after it fails.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    private static readonly string[] Labels = ["  where  ", "  untouched  ", "  now  ", "  next  "];

    /// <summary>The problems of the story in order, each with its sentence, its four lines, its evidence.</summary>
    public ImmutableArray<string> Problems
    {
        get
        {
            var lines = Error.ReplaceLineEndings("\n").Split('\n');
            return
            [
                .. Enumerable.Range(0, lines.Length)
                    .Where(i => lines[i].StartsWith("SD", StringComparison.Ordinal))
                    .Select(i => string.Join('\n', lines[(i + 1)..].TakeWhile(IsPart).Prepend(lines[i]))),
            ];
        }
    }

    // Five labelled lines, their continuations, and evidence; the story's own details are indented by two and have no label.
    private static bool IsPart(string line) =>
        line.StartsWith("  | ", StringComparison.Ordinal) || line.StartsWith("     ", StringComparison.Ordinal)
        || Labels.Any(label => line.StartsWith(label, StringComparison.Ordinal));

    public override string ToString() => $"exit {ExitCode}\n--- stdout\n{Out}\n--- stderr\n{Error}";
}

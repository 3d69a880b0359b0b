using System.Text;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>The files by which a step hands values to the runner.</summary>
/// <param name="random">Makes a delimiter that no value can know.</param>
public sealed class GitHubFiles(GitHubContext context, Func<string> random)
{
    /// <summary>What GitHub accepts of one step; a byte more and it shows nothing.</summary>
    public const int SummaryLimit = 1_048_576;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public void Output(string name, string value) => Append(context.OutputFile, Block(name, value, random()));

    public void State(string name, string value) => Append(context.StateFile, Block(name, value, random()));

    public void Summary(string markdown) => Append(context.SummaryFile, markdown);

    /// <summary><c>NAME&lt;&lt;DELIM</c>, the value, <c>DELIM</c>.</summary>
    public static string Block(string name, string value, string delimiter) =>
        value.Contains(delimiter, StringComparison.Ordinal)
            ? throw new ArgumentException("the value holds the delimiter", nameof(delimiter))
            : $"{name}<<{delimiter}\n{value}\n{delimiter}\n";

    private static void Append(string? file, string text)
    {
        if (file is not null)
            File.AppendAllText(file, text, Utf8);
    }
}

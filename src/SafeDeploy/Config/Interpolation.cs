using System.Collections.Immutable;
using System.Text;

namespace SafeDeploy.Config;

/// <summary>Fills <c>${NAME}</c> and <c>${NAME:-default}</c> from the given variables; <c>$${</c> is a literal <c>${</c>.</summary>
/// <remarks>It sees one scalar after the YAML was read, so a variable's text can never become structure.</remarks>
internal sealed class Interpolation(ImmutableDictionary<string, string> variables, SecretTexts secrets, ProblemList problems)
{
    public static bool HasReference(string text) => text.Contains("${", StringComparison.Ordinal);

    /// <summary>The node with its references filled, or null when one is malformed or missing (then reported).</summary>
    public ConfigNode.Scalar? Fill(ConfigNode.Scalar node, Place place, bool isSecret)
    {
        if (!HasReference(node.Text))
            return node;
        var filled = new StringBuilder();
        var names = new List<string>();
        var position = 0;
        while (Next(node.Text, position) is { } reference)
        {
            filled.Append(node.Text, position, reference.Start - position);
            if (reference.IsEscaped)
                filled.Append("${");
            else if (Resolve(reference, place) is { } value)
                Keep(filled, value, names, reference.Name);
            else
                return null;
            position = reference.End;
        }

        filled.Append(node.Text, position, node.Text.Length - position);
        if (isSecret && names.Count > 0)
            secrets.Add(filled.ToString());
        return new ConfigNode.Scalar(filled.ToString(), Plain: false, names.Count == 0 ? node.Mark : MarkOf(node.Mark, names));
    }

    /// <summary>The text with its references filled as far as they can be; nothing is reported or kept.</summary>
    public string Peek(string text)
    {
        var filled = new StringBuilder();
        var position = 0;
        while (Next(text, position) is { } reference)
        {
            filled.Append(text, position, reference.Start - position);
            filled.Append(reference.IsEscaped ? "${" : Value(reference));
            position = reference.End;
        }

        return filled.Append(text, position, text.Length - position).ToString();
    }

    private string? Value(Reference reference) =>
        variables.GetValueOrDefault(reference.Name) is { Length: > 0 } value ? value : reference.Default;

    private void Keep(StringBuilder filled, string value, List<string> names, string name)
    {
        filled.Append(value);
        names.Add(name);
        if (CredentialNames.IsCredential(name))
            secrets.Add(value);
        secrets.AddUrl(value);
    }

    private string? Resolve(Reference reference, Place place)
    {
        if (!reference.IsWellFormed)
        {
            problems.Add(
                ConfigProblems.BadReference, place, "a ${…} reference is malformed",
                "write ${NAME} or ${NAME:-default} with a name of letters, digits and underscores; a literal ${ is written $${");
            return null;
        }

        if (Value(reference) is { } known)
            return known;
        var isSet = variables.ContainsKey(reference.Name);
        problems.Add(
            ConfigProblems.MissingVariable, place,
            $"the environment variable {reference.Name} is {(isSet ? "set and empty" : "not set")}",
            $"set {reference.Name} for this step (a CI secret must be handed over by name), or write ${{{reference.Name}:-default}}");
        return null;
    }

    private static SourceMark MarkOf(SourceMark mark, List<string> names) => mark is SourceMark.InFile file
        ? new SourceMark.FromEnvironment(string.Join(", ", names.Distinct(StringComparer.Ordinal)), file)
        : mark;

    private static Reference? Next(string text, int from)
    {
        var start = text.IndexOf("${", from, StringComparison.Ordinal);
        if (start < 0)
            return null;
        if (start > from && text[start - 1] == '$')
            return new Reference(start - 1, start + 2, "", null, IsEscaped: true);
        var end = text.IndexOf('}', start);
        if (end < 0)
            return new Reference(start, text.Length, "", null);
        var inner = text[(start + 2)..end];
        var name = inner.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c == '_').Count();
        var isName = name > 0 && !char.IsAsciiDigit(inner[0]);
        return inner[name..] switch
        {
            _ when !isName => new Reference(start, end + 1, "", null),
            "" => new Reference(start, end + 1, inner, null),
            [':', '-', .. var rest] => new Reference(start, end + 1, inner[..name], rest),
            _ => new Reference(start, end + 1, "", null),
        };
    }

    private sealed record Reference(int Start, int End, string Name, string? Default, bool IsEscaped = false)
    {
        public bool IsWellFormed => Name.Length > 0;
    }
}

using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Problems;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SafeDeploy.Integrations.Yaml;

/// <summary>Reads YAML text into nodes with line and column, from the parser's events only: nothing is bound, nothing is made by name.</summary>
internal sealed class YamlTree
{
    private const int Deepest = 32;

    // The largest sensible file has a few thousand nodes; an alias bomb makes billions from a few lines.
    private const int MostNodes = 20_000;

    private readonly string _path;
    private readonly IParser _parser;
    private readonly Dictionary<string, Built> _anchors = new(StringComparer.Ordinal);
    private int _nodes;

    private YamlTree(string path, IParser parser)
    {
        _path = path;
        _parser = parser;
    }

    /// <summary>The root of the one document. Fails with a problem of <see cref="YamlProblems"/>; pure.</summary>
    /// <param name="path">For messages.</param>
    /// <exception cref="ProblemException">The text is empty or no acceptable YAML.</exception>
    public static ConfigNode Read(string text, string path)
    {
        using var reader = new StringReader(text);
        var scanner = new Scanner(reader, skipComments: true);
        try
        {
            return new YamlTree(path, new Parser(scanner)).Document();
        }
        catch (YamlException error)
        {
            throw Malformed(text, path, error, scanner.CurrentPosition);
        }
    }

    private ConfigNode Document()
    {
        Next();
        Next();
        if (_parser.Current is StreamEnd)
            throw Fail(YamlProblems.Empty, new SourceMark.InFile(_path, 1, 1), "the file holds no key", "make one with: safe-deploy init");
        Next();
        if (_parser.Current is Scalar { IsPlainImplicit: true, Value.Length: 0 } blank)
            throw Fail(YamlProblems.Empty, At(blank), "the document holds no key", "make one with: safe-deploy init");
        var root = Node(1).Node;
        if (_parser.Current is DocumentEnd)
            Next();
        if (_parser.Current is DocumentStart second)
            throw Fail(YamlProblems.ManyDocuments, At(second), "a second document begins", "keep one; what differs by environment goes under environments");
        return root;
    }

    private Built Node(int depth)
    {
        var current = _parser.Current ?? throw new InvalidOperationException("the parser gave no event");
        if (depth > Deepest)
            throw Fail(YamlProblems.TooDeep, At(current), $"nested deeper than {Deepest} levels", "remove the nesting");
        if (current is AnchorAlias alias)
            return Alias(alias, depth);
        // After some malformed flow collections the parser goes on with an end where a value has to be.
        if (current is not NodeEvent start)
            throw Fail(YamlProblems.NotYaml, At(current), "no valid YAML: a value is missing here", "correct this line or the one above it");
        if (!start.Tag.IsEmpty)
            throw Fail(YamlProblems.Tag, At(start), "a tag stands before the value", "remove the tag");
        Count(1, start);
        var built = start switch
        {
            Scalar scalar => Leaf(scalar),
            SequenceStart list => Sequence(list, depth),
            MappingStart mapping => Mapping(mapping, depth),
            _ => throw new InvalidOperationException($"no node begins with {start.GetType().Name}"),
        };
        if (!start.Anchor.IsEmpty)
            _anchors[start.Anchor.Value] = built;
        return built;
    }

    private Built Leaf(Scalar scalar)
    {
        Next();
        return new Built(new ConfigNode.Scalar(scalar.Value, scalar.Style == ScalarStyle.Plain, At(scalar)), 1, 1);
    }

    private Built Sequence(SequenceStart start, int depth)
    {
        Next();
        var items = ImmutableArray.CreateBuilder<ConfigNode>();
        var (height, size) = (0, 1);
        while (_parser.Current is not SequenceEnd)
        {
            var item = Node(depth + 1);
            items.Add(item.Node);
            (height, size) = (Math.Max(height, item.Height), size + item.Size);
        }

        Next();
        return new Built(new ConfigNode.Sequence(items.ToImmutable(), At(start)), height + 1, size);
    }

    private Built Mapping(MappingStart start, int depth)
    {
        Next();
        var entries = ImmutableArray.CreateBuilder<ConfigEntry>();
        var (height, size) = (0, 1);
        while (_parser.Current is not MappingEnd)
        {
            var (key, mark) = Key();
            var value = Node(depth + 1);
            entries.Add(new ConfigEntry(key, mark, value.Node));
            (height, size) = (Math.Max(height, value.Height), size + value.Size);
        }

        Next();
        return new Built(new ConfigNode.Mapping(entries.ToImmutable(), At(start)), height + 1, size);
    }

    private (string Key, SourceMark Mark) Key()
    {
        if (_parser.Current is not Scalar { Tag.IsEmpty: true, Anchor.IsEmpty: true } key)
            throw Fail(YamlProblems.BadKey, At(_parser.Current!), "a key is no plain text", "write a word and a colon");
        Next();
        return (key.Value, At(key));
    }

    // The nodes are shared, never copied; what is counted is what a walk over them would meet.
    private Built Alias(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var built))
            throw Fail(YamlProblems.UnknownAlias, At(alias), "an alias names an anchor that does not end before it", "correct it, or write the value out");
        if (depth + built.Height > Deepest)
            throw Fail(YamlProblems.TooDeep, At(alias), $"with this alias, nested deeper than {Deepest} levels", "write the value out");
        Count(built.Size, alias);
        Next();
        return built;
    }

    private void Count(int nodes, ParsingEvent at)
    {
        _nodes += nodes;
        if (_nodes > MostNodes)
            throw Fail(YamlProblems.TooDeep, At(at), $"more than {MostNodes} values, aliases expanded", "remove the aliases, or name the right file");
    }

    // The parser meets some malformed flow collections with InvalidOperationException instead of its own type.
    private void Next()
    {
        try
        {
            _parser.MoveNext();
        }
        catch (InvalidOperationException)
        {
            throw Fail(
                YamlProblems.NotYaml, At(_path, _parser.Current?.End ?? Mark.Empty), "no valid YAML after this place",
                "correct this line or the next: a colon, a quote or a bracket");
        }
    }

    private SourceMark.InFile At(ParsingEvent here) => At(_path, here.Start);

    private static SourceMark.InFile At(string path, Mark mark) => new(path, (int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private static ProblemException Fail(ProblemInfo info, SourceMark.InFile mark, string what, string next) =>
        YamlProblems.At(info, mark, what, next);

    // The parser's sentence says what it expected and quotes nothing of the file, which may hold a secret there.
    private static ProblemException Malformed(string text, string path, YamlException error, Mark reached)
    {
        var mark = At(path, error.Start);
        var lines = text.Split('\n');
        for (var i = 0; i < Math.Min(lines.Length, reached.Line); i++)
        {
            var indent = lines[i].TakeWhile(c => c is ' ' or '\t').ToList();
            if (indent.Contains('\t') && indent.Count < lines[i].TrimEnd().Length)
                return Fail(
                    YamlProblems.Tab, new SourceMark.InFile(path, i + 1, indent.IndexOf('\t') + 1),
                    string.Create(CultureInfo.InvariantCulture, $"line {i + 1} is indented with a tab"), "replace it by blanks");
        }

        return Fail(YamlProblems.NotYaml, mark, $"no valid YAML: {error.Message}", "correct this line or the one above it: a colon, a quote or a bracket");
    }

    /// <param name="Height">Levels below and with this node.</param>
    /// <param name="Size">Nodes below and with this node, aliases expanded.</param>
    private sealed record Built(ConfigNode Node, int Height, int Size);
}

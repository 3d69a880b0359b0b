using System.Diagnostics;
using System.Text;

namespace SafeDeploy.Tests.Config;

/// <summary>Files that are no configuration at all, and YAML made to hurt: each has a message of its own and takes no time.</summary>
public sealed class HostileYamlTests
{
    [Fact]
    public void A_file_that_cannot_be_read_says_which_kind()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "folder"));
        File.WriteAllText(Path.Combine(folder.Path, "file"), "version: 1");
        string At(string name) => Yml.Text(Yml.Relative(Yml.ReadPath(Path.Combine(folder.Path, name)), folder.Path));
        Golden.Verify(string.Join('\n',
            "## missing\n" + At("safe-deploy.yml"),
            "## in a folder that is missing\n" + At("a/b.yml"),
            "## a folder\n" + At("folder"),
            "## no path\n" + Yml.Text(Yml.ReadPath(""))));
    }

    [Fact]
    public void A_file_below_a_file_is_a_message_and_not_a_crash()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "file"), "version: 1");
        var problem = Assert.Single(Yml.ReadPath(Path.Combine(folder.Path, "file", "safe-deploy.yml")).Problems);
        Assert.Contains(problem.Code, new[] { "SD0101", "SD0102" });
    }

    [Fact]
    public void A_file_whose_bytes_cannot_be_had_says_so() =>
        // Opening it succeeds and reading its first page fails with EIO, for the superuser too (proc(5), "/proc/pid/mem").
        Golden.Verify(Yml.Text(Yml.ReadPath("/proc/self/mem")));

    [Fact]
    public void Bytes_that_are_no_text_are_named() => Golden.Verify(string.Join('\n',
        "## empty\n" + Bytes([]),
        "## blanks and comments\n" + Bytes("\n  \n# version: 1\n"u8.ToArray()),
        "## only the beginning of a document\n" + Bytes("---\n"u8.ToArray()),
        "## binary\n" + Bytes([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0]),
        "## UTF-16\n" + Bytes([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("version: 1")]),
        "## Latin-1\n" + Bytes(Encoding.Latin1.GetBytes("version: 1\nproject: loja de açaí\n")),
        "## ten megabytes\n" + Bytes(Encoding.UTF8.GetBytes("# " + new string('x', 10 << 20)))));

    [Fact]
    public void A_byte_order_mark_is_no_mistake() =>
        Assert.NotNull(Yml.ReadBytes([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Yml.Head)]).Config);

    [Fact]
    public void Windows_line_ends_are_no_mistake() =>
        Assert.NotNull(Yml.Read(Yml.Head.ReplaceLineEndings("\r\n")).Config);

    [Fact]
    public void Text_that_is_no_YAML_is_named_with_its_place() => Golden.Verify(string.Join('\n',
        "## a tab\n" + Text("version: 1\ndatabase:\n\turl: x\n"),
        "## a quote that is not closed\n" + Text("version: 1\nproject: \"shop\ndatabase: {}\n"),
        "## a bracket that is not closed\n" + Text("version: 1\nrisk: { protected_tables: [ a\n"),
        "## a colon that is missing\n" + Text("version: 1\nproject shop\ndatabase: {}\n"),
        "## a value that is a key\n" + Text("version: 1\nproject: a: b\n"),
        "## indented wrongly\n" + Text("version: 1\n  project: shop\n"),
        "## a second document\n" + Text("version: 1\n---\nversion: 1\n"),
        "## a tag\n" + Text("version: !int 1\n"),
        "## a tag of the core\n" + Text("version: !!python/object:os.system x\n"),
        "## a key that is a list\n" + Text("version: 1\n? [ a, b ]\n: c\n"),
        "## a key that is an alias\n" + Text("version: &a 1\n*a : c\n"),
        "## an alias of nothing\n" + Text("version: *none\n"),
        "## an alias of itself\n" + Text("risk: &a { protected_tables: [ *a ] }\n"),
        "## a list as the file\n" + Text("- version: 1\n"),
        "## a word as the file\n" + Text("hunter2\n")));

    [Fact]
    public void Nesting_and_aliases_have_a_limit() => Golden.Verify(string.Join('\n',
        "## brackets\n" + Text("risk: " + new string('[', 100_000)),
        "## closed brackets\n" + Text("risk: " + new string('[', 1000) + new string(']', 1000)),
        "## braces\n" + Text(string.Concat(Enumerable.Repeat("{a: ", 50_000))),
        "## indentation\n" + Text(string.Concat(Enumerable.Range(0, 500).Select(i => new string(' ', i) + "a:\n"))),
        "## dashes\n" + Text(string.Concat(Enumerable.Repeat("- ", 100_000))),
        "## a billion laughs\n" + Text(Laughs()),
        "## many values\n" + Text("risk: [" + string.Concat(Enumerable.Repeat("a,", 30_000)) + "]")));

    [Theory]
    [InlineData("brackets that never close", "[")]
    [InlineData("braces that never close", "{")]
    [InlineData("quotes", "\"")]
    [InlineData("keys", "a: ")]
    [InlineData("question marks", "? ")]
    [InlineData("anchors", "&a ")]
    [InlineData("stars", "*a ")]
    [InlineData("exclamation marks", "!")]
    [InlineData("lines of keys", "a:\n")]
    [InlineData("documents", "---\n")]
    [InlineData("directives", "%TAG ! x\n")]
    [InlineData("bars", "a: |\n ")]
    [InlineData("commas", ",")]
    [InlineData("colons", ":")]
    [InlineData("escapes", "\"\\x")]
    [InlineData("comments", " #")]
    [InlineData("quoted keys", "'a':\n")]
    [InlineData("flow pairs", "[a: b, ")]
    [InlineData("newlines in quotes", "'\n\n")]
    public void A_megabyte_of_one_thing_is_refused_in_a_moment(string name, string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, ((1 << 20) - 100) / piece.Length));
        var watch = Stopwatch.StartNew();
        var reading = Yml.Read(text);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{name}: {watch.Elapsed}");
        Assert.NotEmpty(reading.Problems);
    }

    private static string Text(string text) => Yml.Text(Yml.Read(text));

    private static string Bytes(byte[] bytes) => Yml.Text(Yml.ReadBytes(bytes));

    private static string Laughs() =>
        "a0: &a0 [ lol, lol, lol, lol, lol, lol, lol, lol, lol ]\n" + string.Concat(Enumerable.Range(1, 9).Select(i =>
            $"a{i}: &a{i} [ {string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))} ]\n"));
}

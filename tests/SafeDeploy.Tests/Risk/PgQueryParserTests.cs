using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Tests.Risk;

public sealed class PgQueryParserTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    [Fact]
    public void A_statement_becomes_a_tree()
    {
        var tree = Parser.Parse("alter table s.t add column \"Ä\" int").Tree!;

        Assert.Equal("AlterTableStmt", tree.Kind);
        Assert.Equal(new RelationName("s", "t"), RelationName.Of(tree.Node("relation")));
        Assert.Equal("Ä", tree.List("cmds").Single().Node("def")!.Text("colname"));
    }

    [Theory]
    [InlineData("select 'é😀é', a from x y z", 26)]
    [InlineData("create tabel t", 7)]
    [InlineData("select", -1)]
    [InlineData("select 'abc", 7)]
    public void A_mistake_is_told_with_its_place(string sql, int offset)
    {
        var result = Parser.Parse(sql);

        if (offset < 0)
            Assert.Null(result.Error);
        else
            Assert.Equal(offset, result.Error!.Offset);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" -- nothing\n")]
    public void Blanks_are_neither_tree_nor_error(string sql)
    {
        var result = Parser.Parse(sql);

        Assert.Null(result.Tree);
        Assert.Null(result.Error);
    }

    [Fact]
    public void Two_statements_in_one_text_are_refused() =>
        Assert.Equal("more than one statement", Parser.Parse("select 1; select 2").Error!.Message);

    [Fact]
    public void A_nul_character_does_not_hide_what_follows() =>
        Assert.Equal(8, Parser.Parse("select 1\0; drop table t").Error!.Offset);

    [Theory]
    [InlineData("select 1", "+1", "")]
    [InlineData("select ", "(", ")")]
    [InlineData("select ", "array[", "]")]
    [InlineData("select ", "case when true then ", " end")]
    [InlineData("select ", "not ", "")]
    [InlineData("select ", "- ", "")]
    [InlineData("select 1", " union select 1", "")]
    [InlineData("select 1", "::text", "")]
    [InlineData("select ", "(select ", ")")]
    [InlineData("select ", "f(1, ", ")")]
    [InlineData("select 1", " is null", "")]
    [InlineData("select 1 where a", " and (a or b)", "")]
    public void Nesting_of_any_depth_does_not_end_the_process(string start, string open, string close)
    {
        foreach (var levels in new[] { 300, 2_400, 4_900, 30_000, 200_000 })
        {
            var sql = start + string.Concat(Enumerable.Repeat(open, levels)) + "1"
                + string.Concat(Enumerable.Repeat(close, levels));
            var result = Parser.Parse(sql);
            Assert.Equal(result.Tree is null, result.Error is not null);
            if (result.Tree is { } tree)
                Assert.True(tree.DescendantsAndSelf().Any());
        }
    }

    [Fact]
    public void Many_threads_may_parse_at_once() =>
        Parallel.For(0, 2_000, i => Assert.Equal(
            $"t{i}", Parser.Parse($"drop table t{i}").Tree!.List("objects").Single().Names("items").Single()));

    [Fact]
    public void Random_text_never_crashes()
    {
        var random = new Random(7);
        string[] words = ["select", "(", ")", "create", "table", "'", "\"", ";", "1", ",", "$$", "a.b", "::", "\u0001", "\uD800", "é", "alter", "[", "case", "end", "--", "\n", "/*"];
        for (var i = 0; i < 5_000; i++)
            Parser.Parse(string.Join(' ', Enumerable.Range(0, random.Next(30)).Select(_ => words[random.Next(words.Length)])));
    }

    [Fact]
    public void Splitter_and_grammar_agree_on_every_statement()
    {
        const string Script = "create rule r as on insert to t do (select 1; select 2); create function f() returns int "
            + "begin atomic select case when true then 1 end; select 2; end; do $$ begin perform 1; end $$; select U&'\\0041', E'\\';', b'1', 1.5e3;";
        Assert.All(Parser.Split(Script), s => Assert.Null(Parser.Parse(s.Text).Error));
        Assert.Equal(4, Parser.Split(Script).Count);
    }
}

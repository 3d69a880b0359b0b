using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Tests.Risk;

public sealed class SqlSplitterTests
{
    [Fact]
    public void Statements_keep_their_text_line_and_column()
    {
        var statements = SqlSplitter.Split("-- first\n\n  create table a (b int); /* between */ drop\ntable c;\r\nselect 1");

        Assert.Equal(
            [
                new SqlStatement("create table a (b int)", 12, 3, 3),
                new SqlStatement("drop\ntable c", 50, 3, 41),
                new SqlStatement("select 1", 65, 5, 1),
            ],
            statements);
    }

    [Theory]
    [InlineData("select ';', \";\", $$;$$, $a$ ; $$ ; $a$, E'\\';' /* ; /* ; */ ; */ -- ;", 1)]
    [InlineData("select 'it''s;'; select 2", 2)]
    [InlineData("create rule r as on insert to t do (select 1; select 2); select 3", 2)]
    [InlineData("create or replace rule r as on insert to t do also (select 1; select 2); select 3", 2)]
    [InlineData("create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3", 2)]
    [InlineData("create function f() returns int as 'begin;' language sql; select 3", 2)]
    [InlineData("create table t (a int; create table u (b int);", 2)]
    [InlineData("begin; update t set a = case when b then 1 end; end;", 3)]
    [InlineData("selec foo; vacum bar", 2)]
    [InlineData(";;; ; -- nothing\n;", 0)]
    [InlineData("", 0)]
    [InlineData("\uFEFFselect 1", 1)]
    [InlineData("select $1, a$b$c from t; select 2", 2)]
    public void Semicolons_end_a_statement_only_where_the_server_says_so(string sql, int count) =>
        Assert.Equal(count, SqlSplitter.Split(sql).Count);

    [Theory]
    [InlineData("select 1; select 'abc; select 2", "unterminated quoted string", 17)]
    [InlineData("select 1; select \"abc; select 2", "unterminated quoted identifier", 17)]
    [InlineData("select 1; do $x$ begin; $$", "unterminated dollar-quoted string", 13)]
    [InlineData("select 1; /* /* */ select 2", "unterminated comment", 10)]
    public void What_is_never_closed_is_an_error_with_its_place(string sql, string message, int offset)
    {
        var last = SqlSplitter.Split(sql)[^1];

        Assert.Equal(2, SqlSplitter.Split(sql).Count);
        Assert.Equal(new SqlError(message, offset), last.Error);
    }

    [Fact]
    public void Any_bytes_are_split_without_failing()
    {
        var random = new Random(20);
        const string Alphabet = "'\"$;()-*/\\ \n\r\0aEe1:{}[]é😀begincreate";
        for (var i = 0; i < 2_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            foreach (var statement in SqlSplitter.Split(text))
                Assert.Equal(statement.Text, text.Substring(statement.Offset, statement.Text.Length));
        }
    }
}

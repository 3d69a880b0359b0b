using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.DatabaseTests.Migrations;

/// <summary>What our own grammar cannot read is the server's to judge: before anything runs, and without running it.</summary>
public sealed class ServerGrammarTests
{
    [Fact]
    public async Task What_the_server_reads_is_no_problem_and_was_not_executed()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        Assert.Empty(await ExamineAsync(fleet, "create table made (id int); alter table absent add column x int; select nothing from nowhere; merge into a using b on true when matched then delete;"));
        Assert.False(await fleet.ExistsAsync("made"));
        Assert.False(await fleet.ExistsAsync("public.made"));
    }

    [Fact]
    public async Task What_nobody_reads_is_named_with_its_line_in_both_directions()
    {
        await using var fleet = await Fleet.CreateAsync("acme");
        var problems = await ExamineAsync(fleet, "select 1;\n\nalter table item\n  ad column x int;\n", "drop tabel item;");
        Golden.Verify(ProblemText.Of(problems));
    }

    private static async Task<IEnumerable<Problems.Problem>> ExamineAsync(Fleet fleet, string forward, string? back = null)
    {
        var engine = fleet.With(1, forward, back).Engine(parser: new Blind(PgQueryParser.Load()));
        var set = await engine.LoadAsync(CancellationToken.None);
        return await engine.ExamineOnServerAsync(set.Migrations, CancellationToken.None);
    }

    /// <summary>As a grammar much older than the server: it finds the statements and reads none.</summary>
    private sealed class Blind(ISqlParser eyes) : ISqlParser
    {
        public IReadOnlyList<SqlStatement> Split(string sql) => eyes.Split(sql);

        public SqlParseResult Parse(string statement) => SqlParseResult.Failed("not in this grammar", 0);
    }
}

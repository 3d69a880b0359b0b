using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Verdict;

namespace SafeDeploy.Tests.Risk.Verdict;

public sealed class ReversalTests
{
    private const string Schema = "create table t (id int primary key, a int, b text not null default 'x'); create table u (id int primary key); create index t_a on t (a); create view v as select a from t;";

    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static RiskReport Judge(string up, string? down) => PlanFiles.Run(
        Parser, [new RiskFile("7_x.up.sql", up, 1, down) { IsWayBackKnown = true }], new RiskFile("before.sql", Schema), RiskOptions.Default, CancellationToken.None);

    [Theory]
    [InlineData("create table w (a int)", "drop table w")]
    [InlineData("create table w (a int); create index on w (a); insert into w values (1)", "drop table if exists w cascade")]
    [InlineData("create table w (a int); alter table w rename to x", "drop table x")]
    [InlineData("create table w (a int); drop table w", "")]
    [InlineData("create schema s; create table s.w (a int)", "drop schema s cascade")]
    [InlineData("alter table t add column c int references u", "alter table t drop column c")]
    [InlineData("alter table t add column c int; create index t_c on t (c); update t set c = 1 where c is null", "alter table t drop column c")]
    [InlineData("create index t_b on t (b)", "drop index t_b")]
    [InlineData("create index concurrently t_b on t (b)", "drop index concurrently if exists t_b")]
    [InlineData("drop index t_a", "create index t_a on t (a)")]
    [InlineData("alter table t add constraint k unique (b)", "alter table t drop constraint k")]
    [InlineData("alter table t add foreign key (a) references u", "alter table t drop constraint t_a_fkey")]
    [InlineData("alter table t rename column b to c", "alter table t rename column c to b")]
    [InlineData("alter table t rename to t2", "alter table t2 rename to t")]
    [InlineData("alter table t alter column b drop not null", "alter table t alter column b set not null")]
    [InlineData("alter table t alter column b drop default", "alter table t alter column b set default 'x'")]
    [InlineData("alter table t alter column a type bigint", "alter table t alter column a type int")]
    [InlineData("drop view v", "create view v as select a from t")]
    [InlineData("create sequence s", "drop sequence s")]
    [InlineData("create function f() returns int language sql as 'select 1'", "drop function f()")]
    [InlineData("comment on table t is 'x'; set local work_mem = '1MB'; select 1", "")]
    [InlineData("analyze t", null)]
    public void What_the_way_back_takes_back_is_reversible(string up, string? down) =>
        Assert.All(Judge(up, down).Statements, s => Assert.True(s.Effect.Reversible, s.Sql));

    [Theory]
    [InlineData("create table w (a int)", "")]
    [InlineData("create table w (a int)", null)]
    [InlineData("create table w (a int)", "drop table t2")]
    [InlineData("alter table t add column c int", "alter table t drop column d")]
    [InlineData("create index t_b on t (b)", "-- nothing\n")]
    [InlineData("alter table t rename column b to c", "alter table t rename column c to d")]
    [InlineData("alter table t alter column b drop not null", "select 1")]
    [InlineData("drop view v", null)]
    [InlineData("create extension hstore", "")]
    [InlineData("create sequence s", null)]
    [InlineData("alter table t drop column b", "alter table t add column b text")]
    [InlineData("delete from t", "insert into t values (1)")]
    public void What_it_leaves_or_cannot_bring_back_is_not(string up, string? down) => Assert.False(Assert.Single(Judge(up, down).Statements).Effect.Reversible);

    [Theory]
    [InlineData("create table w (a int)", "do $$ begin execute 'drop table ' || 'w'; end $$")]
    [InlineData("create table w (a int)", "drop tabel w")]
    [InlineData("insert into u values (1)", "")]
    public void What_the_text_does_not_tell_is_unknown(string up, string? down) => Assert.Null(Assert.Single(Judge(up, down).Statements).Effect.Reversible);

    [Fact]
    public void A_single_file_says_what_a_script_could_take_back() =>
        Assert.True(PlanFiles.Run(Parser, [new RiskFile("a.sql", "create table w (a int)")], null, RiskOptions.Default, CancellationToken.None).Statements[0].Effect.Reversible);

    [Fact]
    public void The_way_back_in_advance_names_what_the_rollback_forgets() => Assert.Contains(
        "7_x.up.sql:2 is not undone by its rollback migration",
        WayBack.Of(Judge("create table w (a int);\ncreate index t_b on t (b);", "drop table w")).Half, StringComparison.Ordinal);
}

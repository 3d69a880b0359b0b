using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Migrations;
using SafeDeploy.Risk;

namespace SafeDeploy.Tests.Risk;

public sealed class MigrationEffectTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private static MigrationEffect Of(string sql) => MigrationEffect.Of(sql, Parser);

    [Theory]
    [InlineData("create table t (id bigserial primary key, a text not null); create index on t (a); insert into t values (1, 'x')")]
    [InlineData("alter table t add column a int")]
    [InlineData("alter table t add column a int not null default 0")]
    [InlineData("create index concurrently i on t (a)")]
    [InlineData("alter table t add column a int; update t set a = b; create index on t (a)")]
    [InlineData("alter table t add column a int; alter table t add constraint c check (a > 0)")]
    [InlineData("create view v as select 1; comment on view v is 'x'; grant select on v to r")]
    [InlineData("alter table t validate constraint c")]
    [InlineData("")]
    public void Only_an_expand_is_compatible(string sql)
    {
        var effect = Of(sql);

        Assert.Equal(Phase.Expand, effect.Phase);
        Assert.True(effect.Compatible);
        Assert.False(effect.DestroysData);
    }

    [Theory]
    [InlineData("drop table t", Phase.Contract, false)]
    [InlineData("alter table t drop column a", Phase.Contract, false)]
    [InlineData("alter table t rename column a to b", Phase.Contract, false)]
    [InlineData("alter table t rename to u", Phase.Contract, false)]
    [InlineData("alter table t add column a int not null", Phase.Contract, false)]
    [InlineData("alter table t alter column a set not null", Phase.Contract, null)]
    [InlineData("alter table t alter column a type bigint", Phase.Contract, null)]
    [InlineData("create unique index i on t (a)", Phase.Contract, null)]
    [InlineData("update t set a = 1", Phase.Migrate, null)]
    [InlineData("insert into t values (1)", Phase.Migrate, null)]
    [InlineData("do $$ begin execute 'drop ' || x; end $$", Phase.Unknown, null)]
    [InlineData("do $$ begin drop table t; end $$", Phase.Contract, false)]
    [InlineData("create or replace function f() returns int language sql as 'select 1'", Phase.Expand, null)]
    [InlineData("create tabel t (a int)", Phase.Unknown, null)]
    [InlineData("select my_function()", Phase.Unknown, null)]
    [InlineData("call p()", Phase.Unknown, null)]
    [InlineData("create table t (a int); drop table u", Phase.Contract, false)]
    [InlineData("drop schema s cascade", Phase.Contract, false)]
    [InlineData("alter type e rename value 'a' to 'b'", Phase.Contract, false)]
    [InlineData("alter type e add value 'a'", Phase.Expand, null)]
    public void Anything_else_is_incompatible_or_unknown(string sql, Phase phase, bool? compatible)
    {
        var effect = Of(sql);

        Assert.Equal(phase, effect.Phase);
        Assert.Equal(compatible, effect.Compatible);
    }

    [Fact]
    public void What_a_rollback_would_lose_is_listed_by_the_names_it_uses()
    {
        var effect = Of("alter table t drop column a, drop column b; drop table if exists public.u; drop table \"Ü\" cascade");

        Assert.Equal(["t.a", "t.b", "public.u", "Ü"], effect.Drops.Select(d => d.ToString()));
        Assert.Null(effect.Drops[0].Table.Schema);
        Assert.True(effect.DestroysData);
        Assert.True(effect.IsComplete);
    }

    [Fact]
    public void What_a_migration_makes_is_listed()
    {
        var effect = Of("create table t (a int); alter table u add column b int, add column if not exists c int; create table x as select 1");

        Assert.Equal(["t", "u.b", "u.c", "x"], effect.Adds.Select(d => d.ToString()));
        Assert.Empty(effect.Drops);
    }

    [Theory]
    [InlineData("update t set a = 1", true)]
    [InlineData("delete from t where a = 1", true)]
    [InlineData("truncate t", true)]
    [InlineData("with d as (delete from t returning *) insert into u select * from d", true)]
    [InlineData("insert into t values (1) on conflict (a) do update set b = 1", true)]
    [InlineData("insert into t values (1) on conflict do nothing", false)]
    [InlineData("update t set a = 1 where a is null", false)]
    [InlineData("alter table t add column a int; update t set a = 1", false)]
    [InlineData("create table t (a int); delete from t", false)]
    [InlineData("do $$ begin update t set a = 1; end $$", true)]
    public void Overwritten_rows_are_noticed(string sql, bool overwrites)
    {
        Assert.Equal(overwrites, Of(sql).OverwritesRows);
        Assert.Equal(overwrites, Of(sql).DestroysData);
    }

    [Fact]
    public void A_script_that_can_not_be_read_to_its_end_is_incomplete()
    {
        Assert.False(Of("do $$ begin execute format('drop table %I', x); end $$").IsComplete);
        Assert.False(Of("create table t (a int); select 'abc").IsComplete);
        Assert.False(Of("select my_function()").IsComplete);
        Assert.True(Of("create table t (a int)").IsComplete);
    }
}

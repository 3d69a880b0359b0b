using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;

namespace SafeDeploy.Tests.Risk;

/// <summary>What the migrations of real projects taught (docs/contributing/real-migrations.md), each in statements of our own; what a server did stands in the first place.</summary>
public sealed class RealMigrationsTests
{
    private static readonly PgQueryParser Parser = PgQueryParser.Load();

    private const string TwoTables = "create table a (id int primary key, x int); create table b (id int, x int);";

    private static JudgedStatement Last(string earlier, string sql) => PlanFiles.Run(
        Parser, [new RiskFile("1.sql", earlier, IsReplayed: true), new RiskFile("2.sql", sql)], null, RiskOptions.Default, CancellationToken.None).Statements[^1];

    [Theory]
    [InlineData(TwoTables, "create table c (a int); alter table c add foreign key (a) references a", false, "a table without rows looks nothing up")]
    [InlineData(TwoTables, "create table c as select 1 a; alter table c add foreign key (a) references a", true, "one with rows does, while nobody can write to a")]
    [InlineData(TwoTables, "alter table b add foreign key (x) references a", true, "an old table does")]
    [InlineData(TwoTables, "create table c as select * from b; create index on c (x)", false, "nobody uses what the change made")]
    [InlineData(TwoTables, "create temp table c as select * from b; create index on c (x)", false, "nobody else sees it")]
    [InlineData(TwoTables, "alter table b add column a int references a", false, "NULLs refer to nothing")]
    [InlineData(TwoTables, "alter table b add column a int default null references a", true, "but DEFAULT NULL is looked at")]
    [InlineData("create table p (a int) partition by range (a);", "create index on p (a)", true, "a job makes the partitions")]
    [InlineData("create table p (a int) partition by range (a);", "create index on only p (a)", false, "the parent holds no rows")]
    [InlineData("", "alter table t add column at timestamp default (now() at time zone 'utc')", false, "AT TIME ZONE is stable")]
    [InlineData("create function utc() returns bigint language sql as 'select extract(epoch from now() at time zone ''utc'')::bigint'; create table t (a int);", "alter table t add column at bigint default utc()", false, "an expression is put in the place of the call")]
    [InlineData("", "alter table t alter column c type uuid, alter column c drop not null", false, "the type is written again")]
    [InlineData("", "alter table t alter column c type uuid", true, "without that it changes")]
    [InlineData("", "alter table t alter column \"folderId\" type text", true, "an identifier was a number")]
    [InlineData("", "alter table t alter column request_id type varchar(255)", false, "one with a length was text")]
    public void Nobody_waits_where_no_old_table_is_read(string earlier, string sql, bool hazard, string why) =>
        Assert.True(Last(earlier, sql).Effect.Hazard == hazard, why);

    [Theory]
    [InlineData(TwoTables, "create temp table c as select * from b; drop table c", false, "it can be made again")]
    [InlineData("create schema s; create view s.v as select 1 x;", "drop schema s cascade", false, "what was made in it was seen")]
    [InlineData("", "drop schema s cascade", true, "what is in it was not seen")]
    [InlineData("create type e as enum ('a'); create table t (k e); alter type e rename to f; create type e as enum ('b'); alter table t alter k type e using k::text::e;", "drop type f cascade", false, "no column has it any more")]
    [InlineData(TwoTables + "create view v as select b.*, (select count(*) from a) n from b;", "alter table a drop column x", true, "the view does not read it")]
    [InlineData(TwoTables + "create view v as select *, (select count(*) from a) n from b;", "alter table a drop column x", true, "nor does a star of another FROM")]
    [InlineData(TwoTables + "create view v as select * from a; alter table a add column y int;", "alter table a drop column y", true, "a star means the columns of that day")]
    [InlineData(TwoTables + "create view v as select a.x from a join b using (id);", "alter table b drop column x", true, "the name before it says whose")]
    [InlineData(TwoTables + "create view v as select * from a;", "alter table a drop column x", false, "refused: the view reads it")]
    [InlineData(TwoTables + "create view v as select id, (select max(x) from b) n from a;", "alter table a drop column x", true, "a name is first looked for in its own FROM")]
    [InlineData(TwoTables + "create table c (y int); create view v as select 1 n from c where exists (select from a where a.id = y);", "alter table c drop column y", false, "and then in the one around it")]
    [InlineData(TwoTables + "create view v as select s.x, b.id from (select 1 x) s, b;", "alter table b drop column x", true, "the query in FROM gives it out")]
    [InlineData(TwoTables + "create view v as select * from a union select * from b;", "alter table b drop column x", false, "each side of a union has its own star")]
    public void What_is_lost_is_what_old_tables_held(string earlier, string sql, bool destroys, string why) =>
        Assert.True(Last(earlier, sql).Effect.DestroysData == destroys, why);

    [Theory]
    [InlineData("create table t (id serial primary key);", "alter table t alter id drop default; drop sequence t_id_seq", "the default let it go")]
    [InlineData(
        "create table a (id int primary key); create table b234567890123456789012345678901b (c2345678901234567890123456789 int references a);",
        "alter table b234567890123456789012345678901b drop constraint b2345678901234567890123456789_c234567890123456789012345678_fkey; drop table a",
        "both halves of the name are cut to the same length")]
    [InlineData(TwoTables + "create table c as select id, x from a; alter table c add column y int;", "create index on c (x)", "the query named the column")]
    [InlineData("create table c (like unseen, y int);", "create index on c (x)", "the other table has it")]
    [InlineData(TwoTables + "create view v as select * from a; create view w as select * from v;", "drop view v, w", "what one reads of the other goes at the same time")]
    [InlineData("create table a (id int primary key); create table b (id int references a);", "drop table a, b", "so does what refers to it")]
    [InlineData("create type e as enum ('a');", "do $$ begin create type e as enum ('a'); exception when duplicate_object then null; end $$", "the block catches it")]
    [InlineData("create schema s; create type s.e as enum ('a'); drop schema s cascade; create schema s;", "create type s.e as enum ('a')", "it fell with its schema")]
    [InlineData("create type e as enum ('a'); create schema s; alter type e set schema s;", "create type e as enum ('a')", "it was moved")]
    [InlineData("create schema s; create type s.e as enum ('a'); alter schema s rename to r; create schema s;", "create type s.e as enum ('a')", "it went with its schema")]
    [InlineData("create function plain(text) returns text language sql as 'select lower($1)'; create table t (a text);", "create index on t (plain(a))", "the call is put in line, and lower() is immutable")]
    [InlineData("create type p as (a int); drop type p;", "create type p as (b int)", "it is gone")]
    [InlineData("create type e as enum ('a');", "do $$ begin if not exists (select 1 from pg_type where typname = 'e') then create type e as enum ('a'); end if; end $$", "the IF prevents it")]
    [InlineData(TwoTables, "do $$ begin if not exists (select 1) then if true then alter table a add primary key (x); end if; end if; end $$", "so does one of two")]
    [InlineData(TwoTables, "do $$ declare c text; begin execute 'alter table a drop constraint ' || c; alter table a add primary key (x); end $$", "what is made at run time may have cleared the way")]
    [InlineData("create table t (a varchar(5), b text); create view v as select a from t union select b from t;", "create or replace view v as select b as a from t", "a union of both is text")]
    [InlineData("create schema s; create type s.e as enum ('a'); create table t (a s.e); create view v as select a from t;", "set search_path = s, public; create or replace view v as select a::e from t", "it is the same type")]
    public void What_a_server_does_is_not_said_to_fail(string earlier, string sql, string why) =>
        Assert.True(Last(earlier, sql).Effect.Fails is not true, why);

    [Theory]
    [InlineData("create table t (a int, b text); create view v as select * from t;", "create or replace view v as select b, a from t", "column a of view public.v can not be removed, renamed or moved by OR REPLACE")]
    [InlineData("create table t (a int, b text); create view v as select * from t;", "create or replace view v as select a, a as b from t", "column b of view public.v can not get another type by OR REPLACE")]
    [InlineData("create table t (a text);", "alter table t alter a type int", "text does not become int4 without USING")]
    [InlineData("create table t (a uuid); create table u (id int primary key);", "alter table t add foreign key (a) references u", "a of public.t is uuid, id of public.u is int4")]
    [InlineData("create table t (at timestamptz);", "create index on t ((at::date))", "an index can not hold what is not immutable: a time zone, a setting or the clock would change it")]
    [InlineData("create table t (a int, b int); alter table t rename a to c;", "alter table t rename b to c", "column c of public.t exists already")]
    [InlineData("create table t (id int generated always as identity);", "drop sequence t_id_seq cascade", "identity column id of public.t needs public.t_id_seq")]
    [InlineData("create view v as select 1 a;", "alter table v add column b int", "public.v is a view, and this is for tables")]
    [InlineData("create table t (a int);", "drop view t", "public.t is a table")]
    public void What_a_server_refuses_is_said_with_its_reason(string earlier, string sql, string why) =>
        Assert.Equal(why, Last(earlier, sql).Effect.FailsBecause);

    [Theory]
    [InlineData("begin alter table b add column x int; exception when duplicate_column then null; end", false, "")]
    [InlineData("begin alter table b add column x int; exception when duplicate_table then null; end", true, "b")]
    [InlineData("begin alter table b add column x int; exception when others then raise; end", true, "b")]
    [InlineData("begin alter table b add column x int; exception when others then alter table a add column z int; end", false, "a")]
    [InlineData("begin if true then alter table b add column y int; end if; alter table a add column x int; exception when sqlstate '42701' then null; end", false, "")]
    [InlineData("begin alter table b add column y int; begin alter table a add column x int; exception when duplicate_column then null; end; end", false, "b")]
    [InlineData("begin begin alter table b add column y int; exception when others then null; end; alter table a add column x int; end", true, "a b")]
    [InlineData("begin alter table b add column x int; exception when duplicate_column then raise notice 'there'; when others then raise; end", false, "")]
    [InlineData("begin if not exists (select 1) then alter table b add column x int; end if; alter table a add column z int; end", false, "a")]
    [InlineData("begin if true then alter table a add column z int; end if; alter table b add column x int; end", true, "a b")]
    [InlineData("declare r record; begin for r in select 1 loop alter table b add column x int; end loop; alter table a add column x int; end", true, "a")]
    public void What_a_block_catches_is_undone_with_its_locks(string body, bool fails, string locked)
    {
        var effect = Last(TwoTables, $"do $$ {body} $$").Effect;
        Assert.Equal(fails, effect.Fails is true);
        Assert.Equal(locked, string.Join(' ', effect.Locks.Keys.Select(k => k["public.".Length..])));
    }

    [Fact]
    public void A_schema_that_a_history_makes_later_is_not_where_its_names_lead() =>
        Assert.Equal(["public.t"], Last("create table t (a int); create schema tools;", "alter table t add column b int").Effect.Locks.Keys);
}

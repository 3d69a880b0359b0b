using System.Collections.Immutable;
using System.Diagnostics;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;

namespace SafeDeploy.DatabaseTests.Databases;

/// <summary>Equal structure has an equal fingerprint, whatever the schema's name; every structural change is seen.</summary>
public sealed class FingerprintTests
{
    /// <summary>Every kind of object, each naming the schema itself somewhere.</summary>
    internal const string Everything = """
        create type mood as enum ('sad', 'ok');
        create domain amount as numeric(12,2) default 0 check (value >= 0);
        create type pair as (a int, b mood);
        create function twice(x int, m mood default 'ok') returns int immutable language plpgsql as $$ begin return x * 2; end $$;
        create function sale_changed() returns trigger language plpgsql as $$ begin new.total := new.total; return new; end $$;
        create table branch (id bigserial primary key, name text not null collate "C", mood mood not null default 'ok', unique (name));
        create table sale (
            id bigint generated always as identity primary key, branch_id bigint not null references branch (id) on delete cascade,
            total amount, state mood default 'sad', note text default 'tenant.note', double numeric generated always as (total * 2) stored,
            pair pair, check (total < 1000000));
        create index sale_state on sale (state, twice(branch_id::int)) where state = 'ok'::mood;
        create view open_sale as select sale.id, b.name from sale join branch b on b.id = sale.branch_id where sale.state = 'sad';
        create trigger sale_changed before update on sale for each row when (new.total > 1) execute function sale_changed();
        alter table sale enable row level security;
        create policy own on sale using (branch_id in (select b.id from branch b where b.name = current_user));
        create policy plain on sale for select to public using (state <> 'sad'::mood);
        create statistics sale_stats on branch_id, state from sale;
        create table part (id int, at date) partition by range (at);
        create table part_1 partition of part for values from ('2026-01-01') to ('2027-01-01');
        """;

    private static string Schema(string quoted) => $"create schema {quoted}; set search_path = {quoted}; {Everything}";

    private static async Task<ImmutableSortedDictionary<string, string>> ReadAsync(Subject subject, params string[] schemas)
    {
        await using var database = subject.Open();
        return await database.FingerprintsAsync([.. schemas.Select(Subject.Tenant)], default);
    }

    [Theory]
    [InlineData("b", "\"b\"")]
    [InlineData("sale", "\"sale\"")]
    [InlineData("data", "\"data\"")]
    [InlineData("Tenant \"x\".y", "\"Tenant \"\"x\"\".y\"")]
    [InlineData("o'neil", "\"o'neil\"")]
    public async Task The_schemas_name_does_not_count(string name, string quoted)
    {
        await using var subject = await Subject.CreateAsync();
        await subject.Server.ExecuteAsync(Schema("tenant_a"));
        await subject.Server.ExecuteAsync(Schema(quoted));
        var prints = await ReadAsync(subject, "tenant_a", name);
        if (prints["tenant_a"] != prints[name])
        {
            var lines = new Fingerprints(subject.Reader());
            foreach (var (a, b) in (await lines.LinesAsync(Subject.Tenant("tenant_a"), default)).Zip(await lines.LinesAsync(Subject.Tenant(name), default)))
                Assert.Equal(a, b);

        }

        Assert.Equal(prints["tenant_a"], prints[name]);
        Assert.StartsWith("pg", prints[name], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alter table sale add column extra int")]
    [InlineData("alter table sale alter column note drop default")]
    [InlineData("alter table sale alter column note set default 'x'")]
    [InlineData("alter table sale alter column note set not null")]
    [InlineData("alter table sale alter column note type varchar(10)")]
    [InlineData("alter table branch drop constraint branch_name_key")]
    [InlineData("alter table branch rename constraint branch_name_key to other")]
    [InlineData("alter table sale drop constraint sale_branch_id_fkey, add foreign key (branch_id) references branch not valid")]
    [InlineData("drop index sale_state")]
    [InlineData("create or replace view open_sale as select sale.id, b.name from sale join branch b on b.id = sale.branch_id")]
    [InlineData("create or replace function sale_changed() returns trigger language plpgsql as $$ begin return new; end $$")]
    [InlineData("alter function twice security definer")]
    [InlineData("alter function twice set search_path = pg_catalog")]
    [InlineData("drop trigger sale_changed on sale")]
    [InlineData("alter table sale disable trigger sale_changed")]
    [InlineData("drop policy own on sale")]
    [InlineData("alter policy own on sale using (branch_id in (select b.id from branch b))")]
    [InlineData("alter policy plain on sale using (true)")]
    [InlineData("alter table sale disable row level security")]
    [InlineData("alter table sale force row level security")]
    [InlineData("grant select on sale to public")]
    [InlineData("grant select (note) on sale to public")]
    [InlineData("grant usage on schema tenant to public")]
    [InlineData("revoke execute on function twice from public")]
    [InlineData("alter type mood add value 'great'")]
    [InlineData("alter domain amount drop constraint amount_check")]
    [InlineData("alter sequence branch_id_seq increment by 2")]
    [InlineData("alter table sale set (fillfactor = 70)")]
    [InlineData("alter table sale set unlogged")]
    [InlineData("drop statistics sale_stats")]
    [InlineData("create table part_2 partition of part default")]
    [InlineData("create collation other (locale = 'C')")]
    public async Task Every_structural_change_is_seen(string change)
    {
        await using var subject = await Subject.CreateAsync(Schema("tenant"));
        var before = await ReadAsync(subject, "tenant");
        await subject.Server.ExecuteAsync($"set search_path = tenant; {change}");
        Assert.NotEqual(before["tenant"], (await ReadAsync(subject, "tenant"))["tenant"]);
    }

    [Theory]
    [InlineData("insert into branch (name) values ('x')")]
    [InlineData("alter table sale add column extra int; alter table sale drop column extra")]
    [InlineData("grant select on sale to public; revoke select on sale from public")]
    [InlineData("alter table part_1 rename to p; alter table p rename to part_1")]
    [InlineData("vacuum full sale; analyze sale")]
    public async Task What_goes_back_reads_as_before_and_data_does_not_count(string change)
    {
        await using var subject = await Subject.CreateAsync(Schema("tenant"));
        var before = await ReadAsync(subject, "tenant");
        foreach (var statement in change.Split("; "))
            await subject.Server.ExecuteAsync(statement.Replace("vacuum full sale", "vacuum full tenant.sale", StringComparison.Ordinal)
                .Replace("analyze sale", "analyze tenant.sale", StringComparison.Ordinal) is var s && s.StartsWith("vacuum", StringComparison.Ordinal)
                ? s : $"set search_path = tenant; {s}");
        Assert.Equal(before["tenant"], (await ReadAsync(subject, "tenant"))["tenant"]);
    }

    [Fact]
    public async Task A_schema_that_is_gone_is_absent_and_public_can_be_read()
    {
        await using var subject = await Subject.CreateAsync("create extension if not exists plpgsql; create table plan (id int)");
        await using var database = subject.Open();
        var prints = await database.FingerprintsAsync([new Scope.Public(), Subject.Tenant("gone")], default);
        Assert.Equal(["public"], prints.Keys);
    }

    [Fact]
    public async Task A_thousand_tenants_take_seconds()
    {
        await using var subject = await Subject.CreateAsync();
        await subject.Server.ExecuteAsync("""
            do $$ begin
                for i in 1..1000 loop
                    execute format('create schema t_%s', i);
                    perform set_config('search_path', format('t_%s', i), true);
                    execute 'create table branch (id bigserial primary key, name text not null unique);
                        create table sale (id bigserial primary key, branch_id bigint references branch, total numeric(12,2) default 0 check (total >= 0));
                        create index on sale (branch_id);
                        alter table sale enable row level security;
                        create policy own on sale using (branch_id in (select id from branch));';
                    if i % 100 = 0 then commit; end if;
                end loop;
            end $$
            """);
        var watch = Stopwatch.StartNew();
        var prints = await ReadAsync(subject, [.. Enumerable.Range(1, 1000).Select(i => $"t_{i}")]);
        Assert.Equal(1000, prints.Count);
        Assert.Single(prints.Values.Distinct());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"took {watch.Elapsed}");
        Console.WriteLine($"1000 fingerprints in {watch.Elapsed.TotalSeconds:0.00} s");
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.DatabaseTests.Databases;

/// <summary>What preflight and rollback read of a server, on a server.</summary>
public sealed class FactsTests
{
    [Fact]
    public async Task A_plain_server_reads_as_one()
    {
        await using var subject = await Subject.CreateAsync();
        await using var database = subject.Open();
        var facts = await database.FactsAsync(default);
        Assert.Equal(
            (subject.Server.Name, false, false, true, true, true, true),
            (facts.Database, facts.InRecovery, facts.ReadOnly, facts.IsSuperuser, facts.MayCreateSchema, facts.SeesOtherSessions, facts.SessionsStable));
        Assert.True(facts is { VersionNumber: >= 130000, MaxConnections: > 0, MaxLocks: > 64, DatabaseBytes: > 1_000_000, UsedConnections: > 0 });
    }

    [Fact]
    public async Task Invalid_indexes_and_read_only_sessions_are_read()
    {
        await using var subject = await Subject.CreateAsync("create schema \"A b\"; create table \"A b\".t (id int); insert into \"A b\".t values (1), (1)");
        await Assert.ThrowsAsync<PostgresException>(() => subject.Server.ExecuteAsync("create unique index concurrently \"t id\" on \"A b\".t (id)"));
        await subject.Server.ExecuteAsync($"alter database {subject.Server.Name} set default_transaction_read_only = on");
        await using var database = subject.Open();
        var facts = await database.FactsAsync(default);
        Assert.Equal(["\"A b\".\"t id\""], facts.InvalidIndexes.AsEnumerable());
        Assert.True(facts.ReadOnly);
    }

    [Fact]
    public async Task Missing_privileges_come_with_the_statements_that_give_them_and_these_suffice()
    {
        await using var subject = await Subject.CreateAsync();
        var (owner, user) = ($"owner_{Guid.NewGuid():N}", $"user_{Guid.NewGuid():N}");
        await subject.Server.ExecuteAsync($"""
            create role {owner}; create role {user} login password 'x';
            create schema t; create table t.sale (id int); alter table t.sale owner to {owner}
            """);
        try
        {
            var login = new NpgsqlConnectionStringBuilder(subject.Server.ConnectionString) { Username = user, Password = "x" };
            await using var database = Subject.Open(login.ConnectionString);
            var missing = await database.MissingPrivilegesAsync([Subject.Tenant("t")], default);
            Assert.Equal(
                [$"grant create on database {subject.Server.Name} to {user};", $"grant usage, create on schema t to {user};", $"grant {owner} to {user};"],
                missing.Select(m => m.Grant));
            foreach (var one in missing)
                await subject.Server.ExecuteAsync(one.Grant);
            Assert.Empty(await database.MissingPrivilegesAsync([Subject.Tenant("t")], default));
        }
        finally
        {
            await subject.Server.ExecuteAsync($"drop owned by {owner}, {user} cascade; drop role {user}; drop role {owner}");
        }
    }

    [Fact]
    public async Task Held_data_counts_what_a_drop_would_lose()
    {
        await using var subject = await Subject.CreateAsync("""
            create schema "T x"; set search_path = "T x";
            create table sale (id int); insert into sale select generate_series(1, 3);
            alter table sale add column state text default 'open', add column note text;
            update sale set state = 'paid' where id = 1; insert into sale values (4, 'open', 'x');
            create table receipt (id int)
            """);
        await using var database = subject.Open();
        var scope = Subject.Tenant("T x");
        DroppedObject Object(string table, string? column = null) => new(scope, table, column, default);
        var held = await database.HeldDataAsync(
            [Object("sale"), Object("receipt"), Object("sale", "state"), Object("sale", "note"), Object("sale", "gone"), Object("gone"), new DroppedObject(Subject.Tenant("no"), "sale", null, default)], default);
        Assert.Equal([4, 0, 1, 1, null, null, null], held.Select(h => h.Rows));
    }

    [Fact]
    public async Task Row_security_reads_the_same_in_every_tenant()
    {
        await using var subject = await Subject.CreateAsync();
        foreach (var tenant in new[] { "a", "\"b c\"" })
            await subject.Server.ExecuteAsync($"""
                create schema {tenant}; set search_path = {tenant};
                create table branch (id int); create table sale (id int, branch int); alter table sale enable row level security, force row level security;
                create policy own on sale for update to public using (branch in (select id from branch)) with check (id > 0)
                """);
        await using var database = subject.Open();
        var rows = await database.RowSecurityAsync([Subject.Tenant("a"), Subject.Tenant("b c"), Subject.Tenant("none")], ["sale", "branch"], default);
        var sale = rows.Where(r => r.Table == "sale").ToArray();
        Assert.Equal(sale[0].Policies.AsEnumerable(), sale[1].Policies);
        Assert.Equal("policy own permissive for update to public using ((branch IN ( SELECT branch.id\n   FROM branch))) check ((id > 0))", Assert.Single(sale[0].Policies));
        Assert.Equal([(true, true, true), (true, true, true), (false, false, false)], sale.Select(r => (r.Exists, r.Enabled, r.Forced)));
    }

    [Theory]
    [InlineData("wrong password")]
    [InlineData("no such database")]
    [InlineData("nothing listens")]
    [InlineData("unknown host")]
    [InlineData("tls asked for and not offered")]
    [InlineData("no connection left")]
    public async Task Each_way_not_to_connect_has_its_own_problem(string how)
    {
        await using var subject = await Subject.CreateAsync();
        var settings = new NpgsqlConnectionStringBuilder(subject.Server.ConnectionString) { Timeout = 5 };
        switch (how)
        {
            case "wrong password": settings.Password = "s3cret-wrong"; break;
            case "no such database": settings.Database = "no_such_database"; break;
            case "nothing listens": settings.Port = 1; break;
            case "unknown host": settings.Host = "no-such-host.invalid"; break;
            case "tls asked for and not offered": settings.SslMode = SslMode.Require; break;
            default:
                await subject.Server.ExecuteAsync($"alter database {subject.Server.Name} connection limit 0");
                await subject.Server.ExecuteAsync($"create role limited_{subject.Server.Name} login password 'x'");
                (settings.Username, settings.Password) = ($"limited_{subject.Server.Name}", "x");
                break;
        }

        await using var database = Subject.Open(settings.ConnectionString);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => database.FactsAsync(default));
        if (how == "no connection left")
            await subject.Server.ExecuteAsync($"drop role limited_{subject.Server.Name}");
        var text = ProblemText.Of(failure.Problem with { Evidence = "" });
        Assert.DoesNotContain("s3cret-wrong", text + failure.Problem.Evidence, StringComparison.Ordinal);
        Golden.Verify(text, string.Create(CultureInfo.InvariantCulture, $"Connecting_{how.Replace(' ', '_')}"));
    }

    [Fact]
    public async Task A_read_whose_session_is_ended_once_is_asked_again()
    {
        await using var subject = await Subject.CreateAsync();
        await using var database = subject.Open();
        var ask = AskSlowly(database, seconds: 2);
        await EndSlowSessionAsync(subject, butNot: 0);
        Assert.Equal("", Convert.ToString(await ask, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_read_whose_session_is_ended_twice_is_a_lost_connection()
    {
        await using var subject = await Subject.CreateAsync();
        await using var database = subject.Open();
        var ask = AskSlowly(database, seconds: 15);
        var first = await EndSlowSessionAsync(subject, butNot: 0);
        await EndSlowSessionAsync(subject, butNot: first);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => ask);
        Assert.Equal("SD0918", failure.Problem.Code);
        Assert.True(PostgresDatabaseFailure.IsAboutReaching(failure.Problem));
    }

    private static Task<object?> AskSlowly(IDatabase database, int seconds) =>
        database.AskAsync(new Scope.Public(), string.Create(CultureInfo.InvariantCulture, $"select pg_sleep({seconds})"),
            ImmutableDictionary<string, object>.Empty, default);

    // Returns the ended session's process id, so that the next one can be told from it while it is still listed.
    private static async Task<int> EndSlowSessionAsync(Subject subject, int butNot)
    {
        var ended = 0;
        await Eventually.Async(async () => (ended = await subject.Server.ScalarAsync<int>(string.Create(CultureInfo.InvariantCulture, $"""
            select coalesce(max(case when pg_terminate_backend(pid) then pid end), 0) from pg_stat_activity
            where datname = current_database() and query like 'select pg_sleep%' and state = 'active' and pid <> {butNot}
            """))) != 0, TimeSpan.FromSeconds(10));
        return ended;
    }
}

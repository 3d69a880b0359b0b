using System.Runtime.CompilerServices;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Problems;
using ProblemText = SafeDeploy.Reporting.ProblemText;

namespace SafeDeploy.DatabaseTests.Ledger;

/// <summary>Each way in which the server can refuse is told apart, and said with what to do.</summary>
public sealed class PostgresLedgerFailureTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public Task A_wrong_password() => FailsAsync(settings => settings.Password = "wrong");

    [Fact]
    public Task A_database_that_does_not_exist() => FailsAsync(settings => settings.Database = "sd_test_absent");

    [Fact]
    public Task A_server_that_does_not_listen() => FailsAsync(settings => settings.Port = 1);

    [Fact]
    public Task A_read_only_database() => FailsAfterAsync($"alter database {_database.Name} set default_transaction_read_only = on");

    [Fact]
    public async Task A_database_that_accepts_no_connections()
    {
        await using (var server = new NpgsqlConnection(PostgresUrl.Parse(TestServers.Postgres.ToString()).ConnectionString))
        {
            await server.OpenAsync();
            await using var close = new NpgsqlCommand($"alter database {_database.Name} allow_connections false", server);
            await close.ExecuteNonQueryAsync();
        }

        await FailsAsync(_ => { });
    }

    [Fact]
    public async Task A_role_without_connections_left()
    {
        await using var role = await TestRole.CreateAsync(_database, "connection limit 0");
        await FailsAsync(role.Use);
    }

    [Fact]
    public async Task A_role_that_may_not_create_the_schema()
    {
        await using var role = await TestRole.CreateAsync(_database, "");
        await FailsAsync(role.Use);
    }

    [Fact]
    public void A_standby()
    {
        var refused = new PostgresException("cannot execute INSERT in a read-only transaction", "ERROR", "ERROR", "25006");
        Golden.Verify(ProblemText.Render(PostgresLedgerFailures.Of(refused, "db.example:5432/shop", inRecovery: true).Problem));
    }

    [Fact]
    public async Task A_ledger_of_a_newer_version()
    {
        await using (var store = PostgresLedgerPlace.Store(_database, PostgresLedgerOptions.Default, TimeProvider.System))
            await store.PrepareAsync(CancellationToken.None);
        await FailsAfterAsync("insert into safe_deploy.layout (version) values (99)");
    }

    private async Task FailsAfterAsync(string sql, [CallerMemberName] string member = "")
    {
        await _database.ExecuteAsync(sql);
        await FailsAsync(_ => { }, member);
    }

    private async Task FailsAsync(Action<NpgsqlConnectionStringBuilder> alter, [CallerMemberName] string member = "")
    {
        var settings = PostgresUrl.Parse(_database.Url);
        alter(settings);
        await using var store = new PostgresLedgerStore(settings, PostgresLedgerOptions.Default, TimeProvider.System);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => store.PrepareAsync(CancellationToken.None));
        var text = ProblemText.Render(failure.Problem)
            .Replace(PostgresUrl.Display(settings), "db.example:5432/shop", StringComparison.Ordinal)
            .Replace(_database.Name, "shop", StringComparison.Ordinal);
        Golden.Verify(text, member: member);
    }

    /// <summary>A role of its own for one test.</summary>
    private sealed class TestRole(TestDatabase database, string name) : IAsyncDisposable
    {
        public static async Task<TestRole> CreateAsync(TestDatabase database, string options)
        {
            var name = $"sd_role_{Guid.NewGuid():N}";
            await database.ExecuteAsync($"create role {name} login password 'secret' {options}");
            return new TestRole(database, name);
        }

        public void Use(NpgsqlConnectionStringBuilder settings)
        {
            settings.Username = name;
            settings.Password = "secret";
        }

        public async ValueTask DisposeAsync() => await database.ExecuteAsync($"drop role {name}");
    }
}

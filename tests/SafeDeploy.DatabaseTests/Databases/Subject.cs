using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.DatabaseTests.Databases;

/// <summary>A test's own database behind <see cref="PostgresDatabase"/>.</summary>
internal sealed class Subject : IAsyncDisposable
{
    private Subject(TestDatabase server) => Server = server;

    public TestDatabase Server { get; }

    public static async Task<Subject> CreateAsync(string sql = "")
    {
        var subject = new Subject(await TestDatabase.CreateAsync());
        if (sql.Length > 0)
            await subject.Server.ExecuteAsync(sql);
        return subject;
    }

    public IDatabase Open() => Open(Server.ConnectionString);

    public static IDatabase Open(string connectionString) =>
        new PostgresDatabase(NpgsqlDataSource.Create(connectionString), "server/db", (_, _) => throw new NotSupportedException(), TimeSpan.FromSeconds(20));

    public PostgresDatabaseReader Reader() =>
        new(NpgsqlDataSource.Create(Server.ConnectionString), "server/db", TimeSpan.FromSeconds(60));

    public static Scope Tenant(string name) => Scope.Parse(name);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

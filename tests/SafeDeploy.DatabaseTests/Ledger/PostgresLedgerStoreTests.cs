using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ports;

namespace SafeDeploy.DatabaseTests.Ledger;

/// <summary>A database of its own.</summary>
public sealed class PostgresLedgerPlace : ILedgerPlace
{
    private PostgresLedgerPlace(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public static async Task<PostgresLedgerPlace> CreateAsync() => new PostgresLedgerPlace(await TestDatabase.CreateAsync());

    public ILedgerStore Open() => Store(Database, PostgresLedgerOptions.Default, TimeProvider.System);

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    internal static PostgresLedgerStore Store(TestDatabase database, PostgresLedgerOptions options, TimeProvider time) =>
        new(PostgresUrl.Parse(database.Url), options, time);
}

public sealed class PostgresLedgerStoreTests : LedgerStoreContract
{
    protected override async Task<ILedgerPlace> PlaceAsync() => await PostgresLedgerPlace.CreateAsync();
}

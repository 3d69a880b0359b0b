namespace SafeDeploy.EndToEndTests.Harness;

/// <summary>A configuration without an image: only the shared schema and the tenants, so that a run takes a second.</summary>
public static class Fleet
{
    public const string Config = """
        version: 1
        project: fleet
        database:
          url: ${DATABASE_URL}
        tenants:
          query: select schema_name from control.tenant where active order by schema_name
          canaries: [ tenant_001 ]
        migrations:
          tenants: { engine: sql, path: db/tenant }
          lock_timeout: 500ms
          statement_timeout: 20s
          parallel: 1
          waves: [ canaries, 100% ]
          retries: 20
        risk:
          fail_on: never
        rollback:
          automatic: true
          database: ${ROLLBACK_DATABASE:-auto}

        """;

    /// <summary>Three tenants and this configuration; no migration file yet.</summary>
    public static async Task<Sample> CreateAsync(string? config = null) => On(await Sample.EmptyAsync(), config);

    internal static Sample On(Sample sample, string? config = null)
    {
        sample.Configure(config ?? Config);
        return sample;
    }

    /// <summary>A fleet of tenants with a table <c>item</c>, in which <c>tenant_002</c> alone has one code twice.</summary>
    /// <param name="database">Null: one of its own on the tests' server.</param>
    public static async Task<Sample> WithItemsAsync(TestDatabase? database = null)
    {
        var sample = On(database is null ? await Sample.EmptyAsync() : await Sample.OnAsync(database));
        sample.Items();
        await sample.DeployAsync("v1");
        await sample.Database.ExecuteAsync("insert into tenant_001.item values (1, 'a', 'x'); insert into tenant_002.item values (1, 'b', 'x'), (2, 'b', 'y')");
        return sample;
    }

    internal static void Items(this Sample sample) => sample.Migration("000001_items", "create table item (id integer, code text, old_code text);", "drop table item;");

    /// <param name="back">Null: there is no way back.</param>
    public static void Migration(this Sample sample, string name, string forward, string? back)
    {
        sample.Write($"db/tenant/{name}.up.sql", forward + "\n");
        if (back is not null)
            sample.Write($"db/tenant/{name}.down.sql", back + "\n");
    }
}

using System.Diagnostics;
using Npgsql;

namespace SafeDeploy.Tests;

/// <summary>A database with the sample's tenants (tests/samples/sql-files); migrated by safe-deploy, or here by hand.</summary>
public sealed class SampleDatabase : IAsyncDisposable
{
    private SampleDatabase(TestDatabase database) => Database = database;

    public static string Folder => Path.Combine(TestServers.RepositoryRoot, "tests", "samples", "sql-files");

    public TestDatabase Database { get; }

    /// <summary>As the backend logs in: a role that owns nothing.</summary>
    public string ApplicationUrl => new UriBuilder(Database.Url) { UserName = "pos_app", Password = "pos_app" }.Uri.ToString();

    /// <summary>The same through the unix socket, whose folder a container sees at /run/postgresql.</summary>
    public string ApplicationUrlFromContainers => $"postgres://pos_app:pos_app@/{Database.Name}?host=/run/postgresql&port={TestServers.Postgres.Port}";

    /// <summary>The registry and the empty schemas: what is there before the first release.</summary>
    public static async Task<SampleDatabase> CreateAsync(int tenants, CancellationToken cancellation = default)
    {
        var sample = new SampleDatabase(await TestDatabase.CreateAsync(cancellation));
        await sample.Database.ExecuteAsync($"alter database {sample.Database.Name} set sample.tenants = '{tenants}'", cancellation);
        await sample.RunFileAsync(null, Path.Combine(Folder, "seed", "tenants.sql"), cancellation);
        return sample;
    }

    /// <summary>The data of every tenant; after release v1.</summary>
    public Task SeedDataAsync(CancellationToken cancellation = default) => RunFileAsync(null, Path.Combine(Folder, "seed", "data.sql"), cancellation);

    public async Task<IReadOnlyList<string>> TenantsAsync(CancellationToken cancellation = default)
    {
        await using var connection = await Database.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand("select schema_name from control.tenant where active order by schema_name", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var tenants = new List<string>();
        while (await rows.ReadAsync(cancellation))
            tenants.Add(rows.GetString(0));
        return tenants;
    }

    /// <summary>The migrations that a release adds to an older one, in order.</summary>
    /// <param name="kind"><c>public</c> or <c>tenant</c>.</param>
    /// <param name="older">Null: all of them.</param>
    public static IReadOnlyList<string> Added(string release, string? older, string kind) =>
        [.. FilesOf(release, kind).Where(file => older is null || !FilesOf(older, kind).Select(Path.GetFileName).Contains(Path.GetFileName(file)))];

    public async Task ForwardAsync(string release, string? older, CancellationToken cancellation = default)
    {
        foreach (var file in Added(release, older, "public"))
            await RunFileAsync("public", file, cancellation);
        foreach (var tenant in await TenantsAsync(cancellation))
            foreach (var file in Added(release, older, "tenant"))
                await RunFileAsync(tenant, file, cancellation);
    }

    public async Task BackAsync(string release, string older, CancellationToken cancellation = default)
    {
        foreach (var tenant in await TenantsAsync(cancellation))
            foreach (var file in Added(release, older, "tenant").Reverse())
                await RunFileAsync(tenant, DownOf(file), cancellation);
        foreach (var file in Added(release, older, "public").Reverse())
            await RunFileAsync("public", DownOf(file), cancellation);
    }

    public static string DownOf(string up) => up.Replace(".up.sql", ".down.sql", StringComparison.Ordinal);

    /// <param name="schema">Null: the file names its schemas itself.</param>
    public async Task RunFileAsync(string? schema, string file, CancellationToken cancellation = default)
    {
        await using var connection = await Database.OpenAsync(cancellation);
        await using (var path = new NpgsqlCommand("select set_config('search_path', coalesce(quote_ident($1), 'pg_catalog'), false)", connection))
        {
            path.Parameters.Add(new NpgsqlParameter { Value = (object?)schema ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            await path.ExecuteNonQueryAsync(cancellation);
        }

        await using var command = new NpgsqlCommand(await File.ReadAllTextAsync(file, cancellation), connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Schema and data as <c>pg_dump</c> prints them: equal texts, equal databases.</summary>
    public async Task<string> DumpAsync(CancellationToken cancellation = default)
    {
        var start = new ProcessStartInfo(Path.Combine(TestServers.PostgresBin, "pg_dump")) { RedirectStandardOutput = true };
        start.ArgumentList.Add(Database.Url);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("pg_dump did not start");
        var text = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.Equal(0, process.ExitCode);
        // Newer pg_dump brackets its output with a random word.
        return string.Join('\n', text.Split('\n').Where(line => !line.StartsWith(@"\restrict", StringComparison.Ordinal) && !line.StartsWith(@"\unrestrict", StringComparison.Ordinal)));
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private static IEnumerable<string> FilesOf(string release, string kind) =>
        Directory.EnumerateFiles(Path.Combine(Folder, "releases", release, "db", kind), "*.up.sql").Order(StringComparer.Ordinal);
}

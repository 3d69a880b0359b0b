using SafeDeploy.Risk.Sql;

namespace SafeDeploy.DatabaseTests.Risk;

/// <summary>The stored facts are what this server really does; that the effect model claims the same is a fast test over them.</summary>
/// <remarks><c>record.sh</c> beside the facts writes them anew for every major, with ACCEPT=1.</remarks>
public sealed class LockClaimsTests
{
    private static readonly string Folder = Path.Combine(TestServers.RepositoryRoot, "tests", "SafeDeploy.DatabaseTests", "Risk", "LockClaims");

    [Theory]
    [InlineData("catalogue")]
    [InlineData("orm")]
    [InlineData("deep")]
    public async Task What_is_stored_is_what_the_server_does(string corpus)
    {
        var folder = Path.Combine(Folder, corpus);
        var statements = SqlSplitter.Split(await File.ReadAllTextAsync(Path.Combine(folder, "statements.sql")));
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(folder, "fixture.sql")));
        await using var connection = await database.OpenAsync();
        // The second schema is there in one of the three worlds only.
        await using (var path = new Npgsql.NpgsqlCommand("set search_path = app, \"Lager\"; set timezone = 'America/Sao_Paulo'", connection))
            await path.ExecuteNonQueryAsync();
        // Or it would depend on whether autovacuum came by which plan is the cheapest.
        await using (var vacuum = new Npgsql.NpgsqlCommand("vacuum analyze", connection))
            await vacuum.ExecuteNonQueryAsync();
        var recorder = new LockRecorder(connection);
        var recorded = new List<RecordedFacts>();
        foreach (var statement in statements)
            recorded.Add(await recorder.RecordAsync(statement.Text));

        var major = connection.PostgreSqlVersion.Major;
        if (Environment.GetEnvironmentVariable("ACCEPT") == "1")
            await StoreAsync(folder, major, recorded);
        var stored = RecordedFacts.Read(folder, major);
        var differences = recorded.Where(r => !stored.TryGetValue(RecordedFacts.Flat(r.Statement), out var s) || s.ToLine() != r.ToLine())
            .Select(r => $"{r.ToLine()}\n  stored {stored.GetValueOrDefault(RecordedFacts.Flat(r.Statement))?.ToLine()}").ToArray();
        Assert.True(differences.Length == 0, $"{differences.Length} differences\n" + string.Join('\n', differences));
    }

    // The whole for the major that the model follows, for others what they do otherwise.
    private static async Task StoreAsync(string folder, int major, List<RecordedFacts> recorded)
    {
        var lines = recorded.Select(r => r.ToLine()).Distinct();
        if (major != 15)
        {
            var usual = (await File.ReadAllLinesAsync(Path.Combine(folder, "facts.15.tsv"))).ToHashSet(StringComparer.Ordinal);
            lines = lines.Where(l => !usual.Contains(l));
        }

        await File.WriteAllLinesAsync(Path.Combine(folder, $"facts.{major}.tsv"), lines);
    }
}

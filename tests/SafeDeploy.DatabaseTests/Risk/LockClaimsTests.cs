using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.DatabaseTests.Risk;

/// <summary>Every statement of statements.sql does on a server what the effect model says it does.</summary>
public sealed class LockClaimsTests
{
    private static readonly string Folder = Path.Combine(TestServers.RepositoryRoot, "tests", "SafeDeploy.DatabaseTests", "Risk", "LockClaims");

    // Where the text can not tell, or where the server's counter says what no person means.
    private static readonly Dictionary<string, string> Tolerated = new()
    {
        ["truncate"] = "the indexes of the emptied table are built over nothing: counted as a scan",
        ["insert into event"] = "the value chooses the partition",
        ["update customer set name = p.name from plan"] = "the planner chooses how to join",
        ["update event set at"] = "the planner reads small partitions whole",
        ["delete from orders where"] = "no row is deleted, so no reference is looked up",
        ["delete from event where"] = "the planner prunes partitions by the value",
    };

    [Fact]
    public async Task The_model_and_the_server_agree_on_every_statement()
    {
        var fixture = await File.ReadAllTextAsync(Path.Combine(Folder, "fixture.sql"));
        var statements = SqlSplitter.Split(await File.ReadAllTextAsync(Path.Combine(Folder, "statements.sql")));
        var parser = PgQueryParser.Load();
        var model = new EffectModel(parser);
        var schema = SchemaScript.Read("fixture.sql", fixture, parser);
        Assert.Empty(schema.Notes);
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(fixture);
        await using var connection = await database.OpenAsync();
        await using (var path = new Npgsql.NpgsqlCommand("set search_path = app; set timezone = 'America/Sao_Paulo'; analyze", connection))
            await path.ExecuteNonQueryAsync();
        var recorder = new LockRecorder(connection);

        var differences = new List<string>();
        foreach (var statement in statements)
        {
            var claimed = model.Play(parser.Parse(statement.Text), schema.Replay(model));
            var recorded = await recorder.RecordAsync(statement.Text);
            var tolerated = Tolerated.Keys.Any(k => statement.Text.StartsWith(k, StringComparison.Ordinal));
            differences.AddRange(Differences(claimed, recorded).Where(d => !tolerated || d.StartsWith("claimed", StringComparison.Ordinal)).Select(d => $"{statement.Line}: {statement.Text.ReplaceLineEndings(" ")}\n      {d}"));
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differences\n" + string.Join('\n', differences));
    }

    private static IEnumerable<string> Differences(StatementEffect claimed, RecordedEffect recorded)
    {
        if (recorded.Error is { } error)
        {
            if (claimed.Fails is false)
                yield return $"claimed to succeed, failed with {error}";
            yield break;
        }

        if (claimed.Fails is true)
            yield return $"claimed to fail ({claimed.FailsBecause}), succeeded";
        if (Words(claimed.Locks) != Words(recorded.Locks))
            yield return $"locks: claimed {Words(claimed.Locks)} recorded {Words(recorded.Locks)}";
        if (Words(claimed.IndexLocks) != Words(recorded.IndexLocks))
            yield return $"index locks: claimed {Words(claimed.IndexLocks)} recorded {Words(recorded.IndexLocks)}";
        if (Words(claimed.SequenceLocks) != Words(recorded.SequenceLocks))
            yield return $"sequence locks: claimed {Words(claimed.SequenceLocks)} recorded {Words(recorded.SequenceLocks)}";
        if (!claimed.Rewrites.SetEquals(recorded.Rewrites))
            yield return $"rewrites: claimed {string.Join(", ", claimed.Rewrites)} recorded {string.Join(", ", recorded.Rewrites)}";
        if (!claimed.Scans.SetEquals(recorded.Scans))
            yield return $"scans: claimed {string.Join(", ", claimed.Scans)} recorded {string.Join(", ", recorded.Scans)}";
    }

    private static string Words(IEnumerable<KeyValuePair<string, LockLevel>> locks) =>
        string.Join(", ", locks.Select(l => $"{l.Key} {l.Value.Spelled()}"));
}

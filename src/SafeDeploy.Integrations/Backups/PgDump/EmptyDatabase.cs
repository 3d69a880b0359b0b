using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Makes what the archives of a set stand on: their schemas, and the extensions that live in them.</summary>
/// <remarks>An archive makes its schemas itself, but an extension that lives in one has to be there before the archive's first column of its type.</remarks>
internal sealed class EmptyDatabase(BackupManifest manifest, NpgsqlConnectionStringBuilder into)
{
    private const int Together = 200;

    /// <param name="asOwner">Schemas get their owners; off where the roles need not exist.</param>
    public async Task PrepareAsync(bool asOwner, CancellationToken cancellation)
    {
        await using var source = PostgresUrl.DataSource(into, "safe-deploy/restore");
        await using var connection = await source.OpenConnectionAsync(cancellation);
        try
        {
            foreach (var some in Schemas(asOwner).Chunk(Together))
                await RunAsync(connection, some, cancellation);
            foreach (var extension in manifest.Extensions)
                await ExtendAsync(connection, extension, cancellation);
        }
        catch (PostgresException failure)
        {
            throw new ProblemException(PgDumpProblems.NotAsBackedUp(
                manifest.Set, "the schemas of the set could not be made", $"{failure.MessageText}   SQLSTATE {failure.SqlState}"), failure);
        }
    }

    private IEnumerable<string> Schemas(bool asOwner)
    {
        foreach (var (schema, facts) in manifest.Scopes)
            if (schema != "public")
                yield return $"create schema {Quoted(schema).Sql}{(asOwner ? $" authorization {Quoted(facts.Owner).Sql}" : "")}";
            else if (asOwner)
                yield return $"alter schema public owner to {Quoted(facts.Owner).Sql}";
        // Extensions are often kept in a schema of their own, which holds nothing else and is in no set.
        foreach (var schema in manifest.Extensions.Select(e => e.Schema).Distinct(StringComparer.Ordinal))
            if (schema is not ("public" or "pg_catalog") && !manifest.Scopes.ContainsKey(schema))
                yield return $"create schema if not exists {Quoted(schema).Sql}";
    }

    private async Task ExtendAsync(NpgsqlConnection connection, ExtensionFact extension, CancellationToken cancellation)
    {
        var (name, schema) = (Quoted(extension.Name), Quoted(extension.Schema));
        try
        {
            await RunAsync(connection, [$"create extension if not exists {name.Sql} with schema {schema.Sql}"], cancellation);
        }
        catch (PostgresException failure)
        {
            throw new ProblemException(PgDumpProblems.NotAsBackedUp(
                manifest.Set, $"the extension \"{extension.Name}\" of the set could not be made", $"{failure.MessageText}   SQLSTATE {failure.SqlState}"), failure);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, IEnumerable<string> statements, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (var statement in statements)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static QuotedName Quoted(string name) => QuotedName.TryParse(name, out var why) ?? throw new FormatException(why);
}

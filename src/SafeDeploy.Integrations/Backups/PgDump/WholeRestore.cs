using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Everything of a set into an empty database, and the proof that it is what was backed up.</summary>
internal sealed class WholeRestore(BackupShelf shelf, ICommandRunner runner, PgDumpOptions options)
{
    /// <param name="into">Empty, made from template0.</param>
    /// <param name="asOwner">Owners and grants too; off where the roles need not exist.</param>
    public async Task RestoreAsync(BackupManifest manifest, NpgsqlConnectionStringBuilder into, bool asOwner, CancellationToken cancellation)
    {
        if (manifest.Scopes.IsEmpty)
            throw new ProblemException(PgDumpProblems.TooLittleKnown(manifest.Set));
        var parts = manifest.Parts.Where(p => !p.Scopes.IsEmpty).OrderByDescending(p => p.Scopes.Contains("public")).ToList();
        await ExtensionsAsync(manifest, into, cancellation);
        var lists = Directory.CreateTempSubdirectory("safe-deploy-restore-");
        try
        {
            foreach (var section in new[] { "pre-data", "data", "post-data" })
                foreach (var part in parts)
                    await SectionAsync(manifest.Set, part, section, into, asOwner, lists.FullName, cancellation);
        }
        finally
        {
            lists.Delete(recursive: true);
        }
    }

    /// <summary>Schemas that are not as the manifest says; empty = proved.</summary>
    /// <param name="structure">Compared too; only where the server's major version and the roles are the same.</param>
    public static async Task<ImmutableArray<string>> DifferencesAsync(
        BackupManifest manifest, NpgsqlConnectionStringBuilder restored, bool structure, TimeSpan patience, CancellationToken cancellation)
    {
        await using var source = PostgresUrl.DataSource(restored, "safe-deploy/verify");
        var reader = new PostgresDatabaseReader(source, PostgresUrl.Display(restored), patience);
        var scopes = manifest.Scopes.Keys.Select(Scope.Parse).ToArray();
        var data = await new DataFingerprints(reader).ReadAsync(scopes, cancellation);
        var built = structure ? await new Fingerprints(reader).ReadAsync(scopes, cancellation) : null;
        var different = ImmutableArray.CreateBuilder<string>();
        foreach (var (schema, facts) in manifest.Scopes)
        {
            if (data.GetValueOrDefault(schema) != facts.Data)
                different.Add($"\"{schema}\": {Rows(data.GetValueOrDefault(schema))} rows where the manifest has {Rows(facts.Data)}, or other values in them");
            else if (built is not null && built.GetValueOrDefault(schema) != facts.Structure)
                different.Add($"\"{schema}\": the same rows in another structure");
        }

        return different.ToImmutable();
    }

    private static string Rows(string? fingerprint) => fingerprint?.Split(':')[0] ?? "no";

    private async Task SectionAsync(
        string set, BackupPart part, string section, NpgsqlConnectionStringBuilder into, bool asOwner, string lists, CancellationToken cancellation)
    {
        using var file = await shelf.PartAsync(set, part.File, cancellation);
        var list = Path.Combine(lists, $"{part.File}.list");
        if (!File.Exists(list))
            await ListAsync(set, part, file.Path, list, cancellation);
        var jobs = section == "pre-data" ? 1 : options.Workers;
        var call = new CommandCall(
            PgDumpCommands.Restore(options.Tool("pg_restore"), file.Path, section, list, jobs, asOwner), PgDumpCommands.Environment(into), null, null);
        var result = await runner.RunAsync(call, cancellation);
        // 1 is also "some statements failed and were left out" (pg_restore manual): never a success here.
        if (result.ExitCode != 0)
            throw new ProblemException(PgDumpProblems.NotAsBackedUp(
                set, string.Create(CultureInfo.InvariantCulture, $"pg_restore of part \"{part.File}\" ({section}) ended with exit code {result.ExitCode}"), result.Error));
    }

    /// <summary>A new database has a schema <c>public</c> already; the archive's own would fail there.</summary>
    private async Task ListAsync(string set, BackupPart part, string archive, string list, CancellationToken cancellation)
    {
        var lines = new List<string>();
        var call = PgDumpCommands.Call(PgDumpCommands.List(options.Tool("pg_restore"), archive), null) with
        {
            OnLine = line =>
            {
                lock (lines)
                    lines.Add(line);
            },
        };
        var result = await runner.RunAsync(call, cancellation);
        if (result.ExitCode != 0)
            throw new ProblemException(PgDumpProblems.DamagedPart(set, part.File, $"can not be listed: {result.Error.Trim()}"));
        await File.WriteAllLinesAsync(list, lines.Where(l => !l.Contains(" SCHEMA - public ", StringComparison.Ordinal)), cancellation);
    }

    private static async Task ExtensionsAsync(BackupManifest manifest, NpgsqlConnectionStringBuilder into, CancellationToken cancellation)
    {
        await using var source = PostgresUrl.DataSource(into, "safe-deploy/restore");
        await using var connection = await source.OpenConnectionAsync(cancellation);
        foreach (var extension in manifest.Extensions)
        {
            var (name, schema) = (Quoted(extension.Name), Quoted(extension.Schema));
            // The schema of a tenant is made by its archive: an extension in there comes too early, and is said so by the server.
            await using var make = new NpgsqlCommand($"create extension if not exists {name.Sql} with schema {schema.Sql}", connection);
            try
            {
                await make.ExecuteNonQueryAsync(cancellation);
            }
            catch (PostgresException failure)
            {
                throw new ProblemException(PgDumpProblems.NotAsBackedUp(
                    manifest.Set, $"the extension \"{extension.Name}\" of the set could not be made", $"{failure.MessageText}   SQLSTATE {failure.SqlState}"), failure);
            }
        }
    }

    private static QuotedName Quoted(string name) => QuotedName.TryParse(name, out var why) ?? throw new FormatException(why);
}

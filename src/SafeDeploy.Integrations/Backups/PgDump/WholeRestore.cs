using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.BackupStores;
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
        await new EmptyDatabase(manifest, into).PrepareAsync(asOwner, cancellation);
        await using var witness = await ServerWitness.OpenAsync(into, cancellation);
        WorkFolder.Sweep();
        using var folder = WorkFolder.Make();
        var lists = new List<PartLists>();
        foreach (var part in manifest.Parts.Where(p => !p.Scopes.IsEmpty).OrderByDescending(p => p.Scopes.Contains("public")))
            lists.Add(await ListsAsync(manifest, part, folder.Path, cancellation));
        var rounds = lists.Max(l => l.Rounds.Length);
        foreach (var section in new[] { "pre-data", "data", "post-data" })
            // Rows ask for no order: their tables are all there, and nothing checks them yet.
            for (var round = 0; round < (section == "data" ? 1 : rounds); round++)
                foreach (var part in lists.Where(l => l.Rounds.Length > round))
                    await SectionAsync(
                        new Into(manifest.Set, into, witness), new SectionCall(part.Part, section, section == "data" ? part.All : part.Rounds[round], asOwner), cancellation);
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

    /// <param name="All">File with every line.</param>
    /// <param name="Rounds">Files with the lines of each round.</param>
    private sealed record PartLists(BackupPart Part, string All, string[] Rounds);

    private sealed record SectionCall(BackupPart Part, string Section, string List, bool AsOwner);

    private sealed record Into(string Set, NpgsqlConnectionStringBuilder Database, ServerWitness Witness);

    private async Task SectionAsync(Into into, SectionCall section, CancellationToken cancellation)
    {
        using var file = await shelf.PartAsync(into.Set, section.Part.File, cancellation);
        var jobs = section.Section == "pre-data" ? 1 : options.Workers;
        var call = new CommandCall(
            PgDumpCommands.Restore(options.Tool("pg_restore"), file.Path, section.Section, section.List, jobs, section.AsOwner), PgDumpCommands.Environment(into.Database), null, null);
        var result = await runner.RunAsync(call, cancellation);
        // 1 is also "some statements failed and were left out" (pg_restore manual): never a success here.
        if (result.ExitCode != 0)
            throw new ProblemException(await WhyAsync(into, section, result, cancellation));
    }

    private static async Task<Problem> WhyAsync(Into into, SectionCall section, CommandResult result, CancellationToken cancellation)
    {
        var server = PostgresUrl.Display(into.Database);
        return await into.Witness.WhatHappenedAsync(cancellation) switch
        {
            (true, var words) => RestoreProblems.BecameFull(server, $"{words}\n{result.Error}"),
            (false, var words) => PgDumpProblems.RestoreCutOff(into.Set, server, $"{words}\n{result.Error}"),
            null when LocalDisk.IsFull => RestoreProblems.BecameFull(LocalDisk.Name, result.Error),
            null => PgDumpProblems.RestoreRefused(into.Set, $"{section.Part.File} ({section.Section})", result.ExitCode, result.Error),
        };
    }

    /// <summary>The part is proved by its hash before anything of it is believed.</summary>
    private async Task<PartLists> ListsAsync(BackupManifest manifest, BackupPart part, string folder, CancellationToken cancellation)
    {
        using var file = await shelf.PartAsync(manifest.Set, part.File, cancellation);
        if (await BackupVerifier.DamageAsync(file.Path, part, cancellation) is { } damage)
            throw new ProblemException(PgDumpProblems.DamagedPart(manifest.Set, part.File, damage));
        var lines = new List<string>();
        var call = PgDumpCommands.Call(PgDumpCommands.ListWithNeeds(options.Tool("pg_restore"), file.Path), null) with
        {
            OnLine = line =>
            {
                lock (lines)
                    lines.Add(line);
            },
        };
        var result = await runner.RunAsync(call, cancellation);
        if (result.ExitCode != 0)
            throw new ProblemException(PgDumpProblems.DamagedPart(manifest.Set, part.File, $"can not be listed: {result.Error.Trim()}"));
        var rounds = ArchiveList.Rounds(lines, manifest.Late);
        var all = Path.Combine(folder, $"{part.File}.list");
        await File.WriteAllLinesAsync(all, rounds.SelectMany(r => r), cancellation);
        var files = new string[rounds.Length];
        for (var i = 0; i < rounds.Length; i++)
        {
            files[i] = rounds.Length == 1 ? all : Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{part.File}.{i}.list"));
            await File.WriteAllLinesAsync(files[i], rounds[i], cancellation);
        }

        return new PartLists(part, all, files);
    }
}

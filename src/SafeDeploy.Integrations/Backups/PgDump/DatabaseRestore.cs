using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Everything of a set: a new database beside the live one, proved, given the live ledger, and then its name.</summary>
/// <remarks>
/// Until the one transaction that changes the names, the live database is only read: whoever dies before leaves a database to drop and
/// nothing else. After it, the former live one is there under its kept name, closed.
/// </remarks>
internal sealed class DatabaseRestore(NpgsqlConnectionStringBuilder server, NpgsqlDataSource source, BackupShelf shelf, ICommandRunner runner, PgDumpOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    public async Task<PreparedDatabase> PrepareAsync(string set, CancellationToken cancellation)
    {
        var (manifest, _) = await shelf.RequireAsync(set, cancellation);
        await BackupVerifier.RequireSpaceAsync(manifest, server, RestoreProblems.TooSmall, cancellation);
        await AbandonAsync(cancellation);
        var standing = await StandingAsync(cancellation);
        await using var made = await ScratchDatabase.CreateAsync(source, server, NewName(standing.Oid).Value, cancellation);
        await new WholeRestore(shelf, runner, options).RestoreAsync(manifest, made.Server, asOwner: true, cancellation);
        var different = await WholeRestore.DifferencesAsync(manifest, made.Server, await IsSameMajorAsync(manifest, cancellation), Patience, cancellation);
        if (!different.IsEmpty)
            throw new ProblemException(PgDumpProblems.NotAsBackedUp(
                set, string.Create(CultureInfo.InvariantCulture, $"{different.Length} of {manifest.Scopes.Count} schemas restored from set \"{set}\" are not what was backed up"),
                string.Join('\n', different.Take(20))));
        made.Keep();
        var rows = manifest.Scopes.Values.Sum(s => RestoreLosses.Rows(s));
        return new PreparedDatabase(set, made.Name.Value, TenantSwap.OldName(standing.Name, clock.GetUtcNow()).Value, manifest.Scopes.Count, rows);
    }

    public async Task<SwappedDatabase> SwapAsync(DatabaseSwapCall call, CancellationToken cancellation)
    {
        var (manifest, _) = await shelf.RequireAsync(call.Prepared.Set, cancellation);
        var (live, kept) = (Quoted(server.Database!), Quoted(call.Prepared.KeptName));
        var keptUntil = clock.GetUtcNow() + call.KeepFor;
        var (losses, carried) = await LastLookAsync(manifest, call, live, cancellation);
        var to = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = call.Prepared.Name };
        var epoch = await new LedgerHandOver(manifest, server, to, runner, options).RunAsync(call, keptUntil, call.End(losses), cancellation);
        var comment = string.Create(CultureInfo.InvariantCulture,
            $"database {live.Value} as it was before safe-deploy restored set {manifest.Set} ({call.Deployment}); may be dropped after {keptUntil:u}");
        await new DatabaseNames(server, live, Quoted(call.Prepared.Name), kept, clock).SwapAsync(carried, comment, call.Patience, cancellation);
        return new SwappedDatabase(kept.Value, keptUntil, epoch);
    }

    public async Task<bool> AbandonAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        var name = NewName((await DatabaseFacts.StandingAsync(connection, cancellation)).Oid);
        await using (var there = new NpgsqlCommand("select exists (select from pg_database d where d.datname = $1)", connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = name.Value } } })
            if (await there.ExecuteScalarAsync(cancellation) is not true)
                return false;
        await using var drop = new NpgsqlCommand($"drop database if exists {name.Sql} with (force)", connection) { CommandTimeout = 0 };
        await drop.ExecuteNonQueryAsync(cancellation);
        return true;
    }

    /// <summary>What was written until now is what stays behind; another environment that began meanwhile stops it here.</summary>
    private async Task<(ImmutableArray<RestoreLoss> Losses, ImmutableArray<string> Carried)> LastLookAsync(
        BackupManifest manifest, DatabaseSwapCall call, QuotedName live, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        if (await DatabaseFacts.WorkingAsync(connection, call.Environment, cancellation) is { IsEmpty: false } others)
            throw new ProblemException(RestoreProblems.Occupied(others));
        if (DatabaseFacts.Obstacles(await DatabaseFacts.StandingAsync(connection, cancellation)).FirstOrDefault() is { } obstacle)
            throw new ProblemException(obstacle);
        return (await new RestoreLosses(connection, manifest).EverythingAsync(cancellation), await DatabaseFacts.CarriedAsync(connection, live, cancellation));
    }

    private async Task<DatabaseFacts.Standing> StandingAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        return await DatabaseFacts.StandingAsync(connection, cancellation);
    }

    /// <summary>How a structure is written differs between major versions.</summary>
    private async Task<bool> IsSameMajorAsync(BackupManifest manifest, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        return connection.PostgreSqlVersion.Major == manifest.ServerVersion / 10000;
    }

    // By the live database's oid: one a database, and found again by whoever comes after a crash.
    private static QuotedName NewName(long oid) => Quoted(string.Create(CultureInfo.InvariantCulture, $"safe_deploy_new_{oid}"));

    private static QuotedName Quoted(string name) => QuotedName.TryParse(name, out var why) ?? throw new FormatException(why);
}

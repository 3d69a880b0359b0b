using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Rehearsal;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>The scratch database between two migrations: where it stands, and what its catalogue looks like.</summary>
internal sealed class RehearsalStage
{
    private readonly ScratchServer _server;
    private readonly ScratchPlayer _player;
    private readonly Predictions _predictions;
    private readonly ISqlParser _parser;
    private readonly List<string> _notes;
    private readonly HashSet<string> _rolesBefore;
    private readonly HashSet<string> _rolesMade = new(StringComparer.Ordinal);
    private string _main;
    private HashSet<CatalogueLine> _catalogue;

    private RehearsalStage(
        string main, ScratchServer server, ScratchPlayer player, Predictions predictions, ISqlParser parser, List<string> notes, HashSet<CatalogueLine> catalogue)
    {
        (_main, _server, _player, _predictions, _parser, _notes, _catalogue) = (main, server, player, predictions, parser, notes, catalogue);
        _rolesBefore = [.. player.Roles];
    }

    public static async Task<RehearsalStage> AtAsync(
        string main, ScratchServer server, ScratchPlayer player, Predictions predictions, ISqlParser parser, List<string> notes, CancellationToken cancellation) =>
        new(main, server, player, predictions, parser, notes, await CatalogueAsync(server, main, cancellation));

    public async Task<MigrationRehearsal> RehearseAsync(Migration migration, CancellationToken cancellation)
    {
        var script = ScratchScript.Of(migration.Forward, migration.Header.NoTransaction, _parser);
        var predicted = _predictions.Play(migration.Forward.Sql);
        // What is not one transaction may fail half-way: then the rehearsal goes on from here.
        var kept = script.IsOneTransaction ? null : await _server.MakeAsync(_main.EndsWith("_kept", StringComparison.Ordinal) ? "main" : "kept", _main, cancellation);
        var forward = await _player.PlayAsync(_main, script, cancellation);
        await NoteRolesAsync(migration, cancellation);
        if (forward.Error is not null)
        {
            if (kept is not null)
                (_main, kept) = (kept, _main);
            await DropAsync(kept, cancellation);
            return Result(migration, script, predicted, forward, new WayBack(RehearsalVerdict.ForwardFails, [forward.Error], TimeSpan.Zero, []));
        }

        await DropAsync(kept, cancellation);
        var after = await CatalogueAsync(_server, _main, cancellation);
        var back = await BackAsync(migration, script, after, cancellation);
        _catalogue = after;
        return Result(migration, script, predicted, forward, back);
    }

    /// <summary>Drops the roles that migrations made; what is left to say.</summary>
    public async Task<ImmutableArray<string>> EndAsync()
    {
        foreach (var role in _rolesMade)
        {
            await _server.DropAsync(_main, CancellationToken.None);
            if (!await _server.DropRoleAsync(role, CancellationToken.None))
                _notes.Add($"the role \"{role}\" that a migration made could not be dropped");
        }

        return [.. _notes];
    }

    private sealed record WayBack(RehearsalVerdict Verdict, ImmutableArray<string> Differences, TimeSpan Took, ImmutableArray<string> Notes);

    private async Task<WayBack> BackAsync(Migration migration, ScratchScript forward, HashSet<CatalogueLine> after, CancellationToken cancellation)
    {
        if (migration.Rollback is not { } rollback)
            return new(RehearsalVerdict.Missing, [], TimeSpan.Zero, migration.Header.Irreversible ? [$"its author says that it cannot be undone: {migration.Header.Because}"] : []);
        var script = ScratchScript.Of(rollback, migration.Header.NoTransaction, _parser);
        if (script.IsEmpty && !_catalogue.SetEquals(after))
            return new(RehearsalVerdict.Empty, CatalogueComparison.Of(_catalogue, after), TimeSpan.Zero, []);
        var copy = await _server.MakeAsync("back", _main, cancellation);
        try
        {
            return await OnCopyAsync(copy, script, forward, after, cancellation);
        }
        finally
        {
            await _server.DropAsync(copy, CancellationToken.None);
        }
    }

    private async Task<WayBack> OnCopyAsync(
        string copy, ScratchScript script, ScratchScript forward, HashSet<CatalogueLine> after, CancellationToken cancellation)
    {
        var back = await _player.PlayAsync(copy, script, cancellation);
        ImmutableArray<string> notes = [.. back.Notes.Select(n => $"way back: {n}")];
        if (back.Error is { } error)
            return new(RehearsalVerdict.Fails, [error], back.Took, notes);
        var differences = CatalogueComparison.Of(_catalogue, await CatalogueAsync(_server, copy, cancellation));
        if (differences.IsEmpty)
            differences = await AgainAsync(copy, forward, after, cancellation);
        var verdict = differences.IsEmpty ? RehearsalVerdict.Restored : script.IsEmpty ? RehearsalVerdict.Empty : RehearsalVerdict.Differs;
        return new(verdict, differences, back.Took, notes);
    }

    private async Task<ImmutableArray<string>> AgainAsync(string copy, ScratchScript forward, HashSet<CatalogueLine> after, CancellationToken cancellation)
    {
        var again = await _player.PlayAsync(copy, forward, cancellation);
        return again.Error is { } error
            ? [$"the catalogue is as before, but the way forward fails after it: {error}"]
            : [.. CatalogueComparison.Of(after, await CatalogueAsync(_server, copy, cancellation)).Select(d => $"after the way forward again: {d}")];
    }

    private static MigrationRehearsal Result(
        Migration migration, ScratchScript script, ImmutableArray<StatementEffect> predicted, PlayOutcome forward, WayBack back)
    {
        var prediction = Predictions.Of(predicted, forward.Trace.Existing.ToHashSet(StringComparer.Ordinal));
        var traced = Predictions.Of(forward.Trace);
        // What failed or was not seen can not be compared; outside a transaction scans are not counted.
        var isWhole = forward.Error is null && forward.Notes.Count == 0;
        var comparable = script.IsPartlyBare ? prediction with { Scans = traced.Scans } : prediction;
        return new MigrationRehearsal(
            migration.Version.Text, migration.Name, migration.Forward.Path, back.Verdict, back.Differences, traced.Locks, traced, prediction,
            isWhole ? Predictions.Disagreements(comparable, traced) : [], [.. forward.Notes, .. back.Notes],
            (long)forward.Took.TotalMilliseconds, (long)back.Took.TotalMilliseconds);
    }

    // A role belongs to the whole server: the one that this script names is taken away at the end.
    private async Task NoteRolesAsync(Migration migration, CancellationToken cancellation)
    {
        if (!migration.Forward.Sql.Contains("role", StringComparison.OrdinalIgnoreCase) && !migration.Forward.Sql.Contains("user", StringComparison.OrdinalIgnoreCase))
            return;
        foreach (var role in await _server.RolesAsync(cancellation))
        {
            if (!_rolesBefore.Contains(role) && migration.Forward.Sql.Contains(role, StringComparison.OrdinalIgnoreCase) && _rolesMade.Add(role))
                _player.Roles.Add(role);
        }
    }

    private async Task DropAsync(string? database, CancellationToken cancellation)
    {
        if (database is not null)
            await _server.DropAsync(database, cancellation);
    }

    private static async Task<HashSet<CatalogueLine>> CatalogueAsync(ScratchServer server, string database, CancellationToken cancellation)
    {
        await using var connection = await server.ConnectAsync(database, cancellation);
        return await CatalogueReader.ReadAsync(connection, cancellation);
    }
}

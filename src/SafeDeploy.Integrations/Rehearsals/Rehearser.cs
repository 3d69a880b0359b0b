using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Risk.Rehearsal;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <param name="Prepare">Scripts that make what the migrations expect to find, run first.</param>
/// <param name="Limit">Longest time for a single statement.</param>
public sealed record RehearsalOptions(ImmutableArray<MigrationScript> Prepare, TimeSpan Limit)
{
    public static readonly RehearsalOptions Default = new([], TimeSpan.FromSeconds(60));
}

/// <summary>Plays every migration of a set forward on a scratch database, and its way back on a copy: back, compare, forward again.</summary>
public sealed class Rehearser(ISqlParser parser, TimeProvider clock)
{
    /// <summary>Drops all that it made, also when it is cancelled; SD1101 where no database can be made.</summary>
    /// <param name="tell">Called after each migration.</param>
    public async Task<RehearsalReport> RunAsync(
        string url, MigrationSet set, RehearsalOptions options, Action<MigrationRehearsal> tell, CancellationToken cancellation)
    {
        await using var server = await ScratchServer.OpenAsync(url, clock, cancellation);
        try
        {
            var stage = await StageAsync(server, set, options, cancellation);
            var rehearsed = ImmutableArray.CreateBuilder<MigrationRehearsal>();
            foreach (var migration in set.Migrations)
            {
                cancellation.ThrowIfCancellationRequested();
                var result = await stage.RehearseAsync(migration, cancellation);
                rehearsed.Add(result);
                tell(result);
            }

            return new RehearsalReport(rehearsed.ToImmutable(), server.Major, await stage.EndAsync());
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, server.Display, opening: false) is { } problem)
        {
            throw new ProblemException(problem, failure);
        }
    }

    private async Task<RehearsalStage> StageAsync(ScratchServer server, MigrationSet set, RehearsalOptions options, CancellationToken cancellation)
    {
        var main = await server.MakeAsync("main", null, cancellation);
        var schemas = ScratchSchemas.Of(set, options.Prepare);
        await using (var connection = await server.ConnectAsync(main, cancellation))
        {
            foreach (var schema in schemas.ToMake)
            {
                await using var command = new NpgsqlCommand($"create schema if not exists {schema.Sql}", connection);
                await command.ExecuteNonQueryAsync(cancellation);
            }
        }

        var player = new ScratchPlayer(server, new BareWatch(server, clock), clock, schemas.SearchPath, options.Limit);
        player.Roles.UnionWith(await server.RolesAsync(cancellation));
        var predictions = new Predictions(parser, schemas.Path);
        var notes = new List<string>();
        foreach (var script in options.Prepare)
        {
            var prepared = await player.PlayAsync(main, ScratchScript.Of(script, false, parser), cancellation);
            if (prepared.Error is { } error)
                notes.Add($"the preparation failed: {error}");
            predictions.Play(script.Sql);
        }

        return await RehearsalStage.AtAsync(main, server, player, predictions, parser, notes, cancellation);
    }
}

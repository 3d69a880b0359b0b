using System.Collections.Concurrent;
using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.Migrations.ShellCommand;

/// <summary>Engine <c>command</c>: another program keeps the migrations and their history; we call it scope by scope and believe only its status.</summary>
/// <remarks>
/// The program's transaction is not ours, so a line of the ledger is written after the status shows the change. A crash between
/// the two is healed by asking the status again: what it calls applied is never asked for twice.
/// </remarks>
/// <param name="scopesOfKind">The scopes of this kind; the first is asked what migrations there are.</param>
public sealed class CommandEngine(
    CommandEngineOptions options, ICommandRunner runner, Func<CancellationToken, Task<ImmutableArray<Scope>>> scopesOfKind, IStory story, TimeProvider clock)
    : IMigrationEngine
{
    // What it does is not known, and unknown is never taken for harmless.
    private const string UnknownSql = "do $$ begin /* run by another program: its SQL is not known here */ end $$";
    private const int AskedAtOnce = 4;

    public ScopeKind Kind => options.Kind;

    public async Task<MigrationSet> LoadAsync(CancellationToken cancellation)
    {
        if ((await scopesOfKind(cancellation)) is not [var first, ..])
            return MigrationSet.Empty(Kind) with { Layout = MigrationSet.OfCommand };
        var migrations = ImmutableArray.CreateBuilder<Migration>();
        foreach (var line in await StatusAsync(first, "", cancellation))
            migrations.Add(await MigrationAsync(first, line, cancellation));
        return new MigrationSet(Kind, MigrationSet.OfCommand, Place, migrations.ToImmutable());
    }

    public async Task<ImmutableDictionary<Scope, ImmutableArray<AppliedMigration>>> AppliedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var found = new ConcurrentDictionary<Scope, ImmutableArray<AppliedMigration>>();
        var limits = new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(scopes, limits, async (scope, token) =>
            found[scope] = [.. (await StatusAsync(scope, "", token)).Where(line => line.Applied).Select(Applied)]);
        return found.ToImmutableDictionary();
    }

    public async Task<ScopeOutcome> ForwardAsync(ScopeWork work, ImmutableArray<Migration> pending, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        if (pending.IsEmpty)
            return new ScopeOutcome(work.Scope, [], null, 0, TimeSpan.Zero, []);
        cancellation.ThrowIfCancellationRequested();
        await work.Hold.EnsureHeldAsync(work.Force);
        var result = await RunAsync(work, options.Commands.Forward, pending[^1].Version, pending[^1].Version);
        var after = await StatusAsync(work.Scope, work.Hold.Deployment.Value, work.Force);
        var done = pending.Select(migration => migration.Version).Where(version => IsApplied(after, version)).ToImmutableArray();
        foreach (var version in done)
            await RecordAsync(work, version, Direction.Forward, clock.GetElapsedTime(started));
        var problem = result is { ExitCode: 0, TimedOut: false }
            ? Missing(work.Scope, pending.Select(migration => migration.Version).Except(done).FirstOrDefault(), options.Commands.Forward, isApplied: false)
            : CommandEngineProblems.Exited(work.Scope, options.Commands.Forward, result, Counted(work.Scope, done.Length, pending.Length));
        return new ScopeOutcome(work.Scope, done, problem, 1, clock.GetElapsedTime(started), []);
    }

    public async Task<ScopeOutcome> BackAsync(ScopeWork work, ImmutableArray<AppliedMigration> applied, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        var done = ImmutableArray.CreateBuilder<MigrationVersion>();
        Problem? problem = options.Commands.Rollback is null && !applied.IsEmpty ? CommandEngineProblems.NoRollback(work.Scope) : null;
        foreach (var version in problem is null ? applied.Select(migration => migration.Version) : [])
        {
            cancellation.ThrowIfCancellationRequested();
            problem = await OneBackAsync(work, version, started);
            if (problem is not null)
                break;
            done.Add(version);
        }

        return new ScopeOutcome(work.Scope, done.ToImmutable(), problem, 1, clock.GetElapsedTime(started), []);
    }

    private async Task<Problem?> OneBackAsync(ScopeWork work, MigrationVersion version, long started)
    {
        var command = options.Commands.Rollback!.Value;
        await work.Hold.EnsureHeldAsync(work.Force);
        var before = (await StatusAsync(work.Scope, work.Hold.Deployment.Value, work.Force)).TakeWhile(line => line.Version != version).LastOrDefault(line => line.Applied);
        var result = await RunAsync(work, command, version, before?.Version ?? History.Nothing);
        var isGone = !IsApplied(await StatusAsync(work.Scope, work.Hold.Deployment.Value, work.Force), version);
        if (isGone)
            await RecordAsync(work, version, Direction.Rollback, clock.GetElapsedTime(started));
        return result is { ExitCode: 0, TimedOut: false }
            ? Missing(work.Scope, isGone ? null : version, command, isApplied: true)
            : CommandEngineProblems.Exited(work.Scope, command, result, $"{ScopeText.Of(work.Scope)} {(isGone ? "is back before" : "still has")} {version}");
    }

    private static Problem? Missing(Scope scope, MigrationVersion? version, ImmutableArray<string> command, bool isApplied) =>
        version is null ? null : CommandEngineProblems.Disagrees(scope, command, version, isApplied);

    private static string Counted(Scope scope, int done, int asked) =>
        FormattableString.Invariant($"{ScopeText.Of(scope)} has {done} of {asked} migrations, as its status says");

    private async Task RecordAsync(ScopeWork work, MigrationVersion version, Direction direction, TimeSpan took) => await work.Hold.AppendAsync(
        work.Step, new LedgerFact.ScopeMigrated(work.Scope, version, direction, work.Change, 1, (long)took.TotalMilliseconds), work.Force);

    private async Task<CommandResult> RunAsync(ScopeWork work, ImmutableArray<string> command, MigrationVersion version, MigrationVersion to)
    {
        var environment = CommandEnvironment.Of(options, work.Scope, work.Hold.Deployment.Value)
            .SetItem("SAFE_DEPLOY_VERSION", version.Text).SetItem("SAFE_DEPLOY_TO", to.Text);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(work.Force, work.Hold.Lost);
        return await runner.RunAsync(
            new CommandCall(command, environment, options.BaseDirectory, options.Limits.Command, line => story.Detail($"{work.Scope}: {line}")), over.Token);
    }

    private async Task<ImmutableArray<StatusLine>> StatusAsync(Scope scope, string deployment, CancellationToken cancellation)
    {
        var command = options.Commands.Status;
        var result = await runner.RunAsync(
            new CommandCall(command, CommandEnvironment.Of(options, scope, deployment), options.BaseDirectory, options.Limits.Command), cancellation);
        if (result.ExitCode != 0 || result.TimedOut)
            throw new ProblemException(CommandEngineProblems.Exited(scope, command, result, "asking for the status changes nothing"));
        var (lines, bad) = StatusReader.Read(result.Output);
        return bad is { } line ? throw new ProblemException(CommandEngineProblems.BadStatus(scope, command, line)) : lines;
    }

    private async Task<Migration> MigrationAsync(Scope scope, StatusLine line, CancellationToken cancellation)
    {
        var sql = line.Applied || options.Commands.Sql is not { } command ? UnknownSql : await SqlAsync(scope, line.Version, command, cancellation);
        var rollback = options.Commands.Rollback is null ? null : new MigrationScript(Place, UnknownSql, 1);
        return new Migration(line.Version, line.Name, "", new MigrationScript(Place, sql, 1), rollback, MigrationHeader.None);
    }

    private async Task<string> SqlAsync(Scope scope, MigrationVersion version, ImmutableArray<string> command, CancellationToken cancellation)
    {
        var environment = CommandEnvironment.Of(options, scope, "").SetItem("SAFE_DEPLOY_VERSION", version.Text);
        var result = await runner.RunAsync(new CommandCall(command, environment, options.BaseDirectory, options.Limits.Command), cancellation);
        if (result.ExitCode != 0 || result.TimedOut)
            throw new ProblemException(CommandEngineProblems.Exited(scope, command, result, "asking for the SQL changes nothing"));
        return string.IsNullOrWhiteSpace(result.Output) ? UnknownSql : result.Output;
    }

    private string Place => string.Join(' ', options.Commands.Forward);

    private AppliedMigration Applied(StatusLine line) =>
        new(line.Version, line.Name, "", options.Commands.Rollback is null ? null : UnknownSql, MigrationHeader.None, null);

    private static bool IsApplied(ImmutableArray<StatusLine> lines, MigrationVersion version) => lines.Any(line => line.Version == version && line.Applied);
}

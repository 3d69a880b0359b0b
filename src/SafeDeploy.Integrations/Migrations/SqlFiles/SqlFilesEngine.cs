using System.Collections.Concurrent;
using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Engine <c>sql</c>: a folder of SQL files, run on PostgreSQL, the history in the ledger's own schema.</summary>
/// <param name="source">For reading and for watching locks; what changes anything runs on the hold's recorded sessions.</param>
/// <param name="random">Spreads the pauses of scopes that met the same lock.</param>
public sealed class SqlFilesEngine(SqlFilesOptions options, NpgsqlDataSource source, ISqlParser parser, TimeProvider clock, Random random)
    : IMigrationEngine, IAsyncDisposable
{
    private readonly ScriptReader _reader = new(parser);
    private readonly ConcurrentDictionary<(MigrationScript, bool), (ScriptPlan Plan, ImmutableArray<Problem> Problems)> _read = new();
    private readonly ScopeSessions _sessions = new();
    private readonly LockWatch _watch = new(source, clock);
    private readonly KeptScripts _scripts = new();

    public ScopeKind Kind => options.Kind;

    public async Task<MigrationSet> LoadAsync(CancellationToken cancellation)
    {
        var folder = Path.Combine(options.BaseDirectory, options.Files.Path);
        var files = await MigrationFolder.FilesAsync(folder, options.Files.Path, cancellation);
        var (set, problems) = MigrationSetReader.Read(options.Kind, options.Files.Path, options.Files.Layout, files);
        if (problems.IsEmpty)
            return set;
        var others = string.Join('\n', problems.Skip(1).Select(problem => $"{problem.Code} {problem.Where}: {problem.What}"));
        throw new ProblemException(problems[0] with { Evidence = others });
    }

    public ImmutableArray<Problem> Examine(ImmutableArray<Migration> pending) =>
    [
        .. pending.SelectMany(migration => new[] { migration.Forward, migration.Rollback }.OfType<MigrationScript>()
            .SelectMany(script => Read(script, migration.Header.NoTransaction).Problems)),
    ];

    public Task<ImmutableArray<Problem>> ExamineOnServerAsync(ImmutableArray<Migration> pending, CancellationToken cancellation) => ServerGrammar.ExamineAsync(
        source,
        from migration in pending
        from script in new[] { migration.Forward, migration.Rollback }.OfType<MigrationScript>()
        from segment in Read(script, migration.Header.NoTransaction).Plan.Segments
        from statement in segment.Statements
        where statement.Tree is null
        select (script, statement),
        cancellation);

    public Task<ImmutableDictionary<Scope, ImmutableArray<AppliedMigration>>> AppliedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        HistoryQueries.AppliedAsync(source, scopes, cancellation);

    public Task<ImmutableArray<UnadoptedScope>> UnadoptedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        HistoryQueries.UnadoptedAsync(source, scopes, cancellation);

    public async Task<ScopeOutcome> ForwardAsync(ScopeWork work, ImmutableArray<Migration> pending, CancellationToken cancellation)
    {
        if (Examine(pending) is [var first, ..])
            return new ScopeOutcome(work.Scope, [], first, 0, TimeSpan.Zero, []);
        await _scripts.KeepAsync(_sessions, work, pending, cancellation);
        return await RunAsync(work, [.. pending.Select(migration => Forward(work, migration))], cancellation);
    }

    public async Task<ScopeOutcome> BackAsync(ScopeWork work, ImmutableArray<AppliedMigration> applied, CancellationToken cancellation)
    {
        // All or nothing is known before the first statement: a way back that ends half-way is worse than none.
        var missing = applied.FirstOrDefault(migration => migration.RollbackSql is null || migration.Header.Irreversible);
        var problem = missing is not null ? SqlFilesProblems.NoWayBack(work.Scope, missing) : ExamineBack(applied);
        return problem is not null
            ? new ScopeOutcome(work.Scope, [], problem, 0, TimeSpan.Zero, [])
            : await RunAsync(work, [.. applied.Select(migration => Back(work, migration))], cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _sessions.DisposeAsync();
        await _watch.DisposeAsync();
    }

    private async Task<ScopeOutcome> RunAsync(ScopeWork work, ImmutableArray<ScopeMove> moves, CancellationToken cancellation)
    {
        var mover = new ScopeMover(options, _sessions, _watch, clock, random);
        var started = clock.GetTimestamp();
        var done = ImmutableArray.CreateBuilder<MigrationVersion>();
        var warnings = ImmutableArray.CreateBuilder<string>();
        var waits = ImmutableArray.CreateBuilder<LockWait>();
        var attempts = 0;
        Problem? problem = null;
        foreach (var move in moves)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = await mover.MoveAsync(move, cancellation);
            attempts = Math.Max(attempts, result.Attempts);
            warnings.AddRange(result.Warnings);
            waits.AddRange(result.LockWaits);
            if (result.Moved)
                done.Add(move.Migration.Version);
            if ((problem = result.Problem) is not null)
                break;
        }

        return new ScopeOutcome(work.Scope, done.ToImmutable(), problem, attempts, clock.GetElapsedTime(started), warnings.ToImmutable()) { LockWaits = waits.ToImmutable() };
    }

    private ScopeMove Forward(ScopeWork work, Migration migration) => new(
        work, Direction.Forward, new MoveIdentity(migration.Version, migration.Name, migration.Checksum, _scripts.Id(migration)),
        Read(migration.Forward, migration.Header.NoTransaction).Plan);

    private ScopeMove Back(ScopeWork work, AppliedMigration applied) => new(
        work, Direction.Rollback, new MoveIdentity(applied.Version, applied.Name, applied.Checksum, null), Read(Kept(applied), applied.Header.NoTransaction).Plan);

    private Problem? ExamineBack(ImmutableArray<AppliedMigration> applied) =>
        applied.SelectMany(migration => Read(Kept(migration), migration.Header.NoTransaction).Problems).FirstOrDefault();

    private static MigrationScript Kept(AppliedMigration applied) => new($"rollback of {applied.Version} {applied.Name} (as kept)", applied.RollbackSql!, 1);

    private (ScriptPlan Plan, ImmutableArray<Problem> Problems) Read(MigrationScript script, bool noTransaction) =>
        _read.GetOrAdd((script, noTransaction), key => _reader.Read(key.Item1, key.Item2));
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Migrations;

/// <summary>Keeps what is appended in memory.</summary>
internal sealed class MemoryHold : ILedgerHold
{
    private readonly ConcurrentQueue<LedgerEntry> _entries = new();

    public DeploymentId Deployment => new("d1");

    public string Environment => "prod";

    public int Epoch => 1;

    public CancellationToken Lost => CancellationToken.None;

    public Task<LedgerEntry> AppendAsync(StepName? step, LedgerFact fact, CancellationToken cancellation)
    {
        var entry = new LedgerEntry(_entries.Count + 1, Deployment, Epoch, DateTimeOffset.UnixEpoch, step, fact);
        _entries.Enqueue(entry);
        return Task.FromResult(entry);
    }

    public Task EnsureHeldAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<ImmutableArray<LedgerEntry>> ReadAsync(CancellationToken cancellation) => Task.FromResult(_entries.ToImmutableArray());

    public Task ParkAsync(DateTimeOffset until, string after, CancellationToken cancellation) => throw new NotSupportedException();

    public Task ConcludeAsync(LedgerFact.Concluded end, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What changed, in words, e.g. <c>intended migrate-tenants:canaries</c>; kept warnings left out.</summary>
    public IEnumerable<string> Told() => _entries.Where(entry => entry.Fact is not LedgerFact.Noted).Select(entry => entry.Fact switch
    {
        LedgerFact.Intended intended => $"intended {intended.Id}",
        LedgerFact.Applied applied => $"applied {applied.Id}",
        LedgerFact.ChangeFailed failed => $"failed {failed.Id} {failed.Problem.Code}",
        LedgerFact.ScopeMigrated moved => $"{moved.Scope} {(moved.Direction == Direction.Forward ? '+' : '-')}{moved.Version}",
        var other => other.GetType().Name,
    });

    /// <summary>What was noted for the report, in words.</summary>
    public IEnumerable<string> Noted() => _entries.Select(entry => entry.Fact).OfType<LedgerFact.Noted>().Select(note => $"{note.Kind}: {note.Text}");
}

/// <summary>An engine whose histories are in memory; tenants in <see cref="Failing"/> fail.</summary>
internal sealed class MemoryEngine(MigrationSet set) : IMigrationEngine
{
    private static readonly ProblemInfo Broken = new("SD0413", "statement failed", "", "");

    public ConcurrentDictionary<string, ImmutableArray<AppliedMigration>> Histories { get; } = new();

    public HashSet<string> Failing { get; } = [];

    public ConcurrentQueue<string> Order { get; } = new();

    public Func<Scope, Task> Before { get; set; } = _ => Task.CompletedTask;

    public ScopeKind Kind => set.Kind;

    public Task<MigrationSet> LoadAsync(CancellationToken cancellation) => Task.FromResult(set);

    public Task<ImmutableDictionary<Scope, ImmutableArray<AppliedMigration>>> AppliedAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        Task.FromResult(scopes.ToImmutableDictionary(s => s, s => Histories.GetValueOrDefault(s.Schema, [])));

    public async Task<ScopeOutcome> ForwardAsync(ScopeWork work, ImmutableArray<Migration> pending, CancellationToken cancellation)
    {
        Order.Enqueue(work.Scope.Schema);
        await Before(work.Scope);
        if (Failing.Contains(work.Scope.Schema))
            return new ScopeOutcome(work.Scope, [], Broken.Occurred($"{ScopeText.Of(work.Scope)} not migrated", "db/2.up.sql:7", $"{ScopeText.Of(work.Scope)} is as before", "stopping", "correct it"), 1, TimeSpan.Zero, []);
        foreach (var migration in pending)
            await work.Hold.AppendAsync(work.Step, new LedgerFact.ScopeMigrated(work.Scope, migration.Version, Direction.Forward, work.Change, 1, 0), cancellation);
        Histories[work.Scope.Schema] = [.. Histories.GetValueOrDefault(work.Scope.Schema, []), .. pending.Select(m => new AppliedMigration(m.Version, m.Name, m.Checksum, m.Rollback?.Sql, m.Header, "d1"))];
        return new ScopeOutcome(work.Scope, [.. pending.Select(m => m.Version)], null, 1, TimeSpan.Zero, ["look"]);
    }

    public Task<ScopeOutcome> BackAsync(ScopeWork work, ImmutableArray<AppliedMigration> applied, CancellationToken cancellation) => throw new NotSupportedException();
}

/// <summary>Only lists tenants and says how many connections are free.</summary>
internal sealed class ListedTenants(Func<ImmutableArray<string>> names) : IDatabase
{
    public string Display => "pos";

    public Task<TenantList> TenantsAsync(TenantsSettings tenants, CancellationToken cancellation) => Task.FromResult(
        new TenantList([.. names().Select(name => TenantSchema.TryParse(name, out _)!)], [], []));

    public Task<ServerFacts> FactsAsync(CancellationToken cancellation) => Task.FromResult(new ServerFacts(
        150018, "pos", "deployer", false, false, false, true, true, 100, 3, 12, 6_400, 1L << 30, 1, [], [], SessionsStable: true));

    public Task<ImmutableArray<MissingPrivilege>> MissingPrivilegesAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableSortedDictionary<string, string>> FingerprintsAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableArray<string>> StructureAsync(Scope scope, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<object?> AskAsync(Scope scope, string query, ImmutableDictionary<string, object> parameters, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableArray<RowSecurity>> RowSecurityAsync(IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<string> tables, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ImmutableArray<HeldData>> HeldDataAsync(IReadOnlyCollection<DroppedObject> objects, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Writes down what is told.</summary>
internal sealed class WrittenStory : IStory
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public void Stage(StepName step, string sentence) => Lines.Enqueue(sentence);

    public void Detail(string line) => Lines.Enqueue(line);

    public void Warning(string line) => Lines.Enqueue($"! {line}");

    public void Progress(string what, int done, int total, TimeSpan elapsed) => Lines.Enqueue(FormattableString.Invariant($"{what} {done}/{total}"));
}

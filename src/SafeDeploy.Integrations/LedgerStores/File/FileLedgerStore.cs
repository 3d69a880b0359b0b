using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>The ledger in one SQLite file, where the database itself is a file or there is none. All processes run on one machine.</summary>
/// <remarks>A lock file says who works. A hung process is not told from a working one: end it, its number is in <see cref="EnvironmentState.Holder"/>.</remarks>
public sealed class FileLedgerStore : ILedgerStore
{
    private readonly FileLedger _ledger;
    private readonly HolderFiles _holders;
    private readonly FileLedgerOptions _options;
    private readonly TimeProvider _time;

    /// <param name="path">Full path of the file; its directory must exist.</param>
    public FileLedgerStore(string path, FileLedgerOptions options, TimeProvider time)
    {
        _ledger = new FileLedger(path);
        _holders = new HolderFiles(path);
        _options = options;
        _time = time;
    }

    public string Location => $"file \"{_ledger.Path}\"";

    public Task PrepareAsync(CancellationToken cancellation) => _ledger.WriteAsync(
        session =>
        {
            var layout = session.Rows("pragma user_version", row => row.GetInt32(0))[0];
            if (layout == 0)
                session.Execute(FileLedgerSchema.Sql);
            return layout <= FileLedgerSchema.Layout ? layout : throw new ProblemException(
                LedgerProblems.IsNewer(_ledger.Path, string.Create(CultureInfo.InvariantCulture, $"layout {layout}")));
        },
        cancellation);

    public Task<EnvironmentState> StateAsync(string environment, CancellationToken cancellation) =>
        ReadAsync(session => State(session, environment), FileEnvironment.Unknown(environment), cancellation);

    public Task<ImmutableArray<LedgerEntry>> ReadAsync(DeploymentId deployment, CancellationToken cancellation) =>
        ReadAsync(session => FileRows.Entries(session, deployment, _ledger.Path), [], cancellation);

    public Task<ImmutableArray<DeploymentSummary>> HistoryAsync(string environment, int limit, CancellationToken cancellation) =>
        ReadAsync(session => FileRows.History(session, environment, limit), [], cancellation);

    /// <summary>Decides and claims in one transaction that excludes every other writer.</summary>
    public Task<Acquisition> AcquireAsync(AcquireRequest request, CancellationToken cancellation) => _ledger.RunAsync<Acquisition>(
        session =>
        {
            FileStream? holder = null;
            try
            {
                using var transaction = session.Connection.BeginTransaction(deferred: false);
                var state = Named(request, State(session, request.Identity.Environment));
                var decision = HoldDecision.Of(request, state, OfIdentity(session, request));
                if (decision is HoldDecision.Answer answer)
                    return answer.Acquisition;
                holder = _holders.TryHold(state.Environment, state.Epoch + 1)
                    ?? throw new ProblemException(LedgerProblems.CannotUseFile(_ledger.Path, "the holder's file beside it cannot be locked"));
                var claim = new FileClaim(session, request, state, _time.GetUtcNow());
                var deployment = claim.Take(decision);
                transaction.Commit();
                var wasConcluded = decision is HoldDecision.Resume && state.State == HoldState.Free;
                var hold = new FileLedgerHold(_ledger, _options, _time, holder, deployment, state.Environment, state.Epoch + 1, wasConcluded);
                holder = null;
                return new Acquisition.Held(hold, decision is HoldDecision.OpenNew, decision is HoldDecision.Resume { Fences: true } ? state.Epoch : null);
            }
            finally
            {
                holder?.Dispose();
            }
        },
        cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private EnvironmentState State(FileSession session, string environment) =>
        FileEnvironment.Read(session, environment, _time.GetUtcNow(), epoch => _holders.IsHeld(environment, epoch));

    private static EnvironmentState Named(AcquireRequest request, EnvironmentState state) =>
        request is { Mode: AcquireMode.TakeOver, Deployment: { } named } && state.Current is { } current && current.Id != named
            ? throw new ProblemException(LedgerProblems.NotTheCurrent(named, state.Environment, $"is not the current one; that is \"{current.Id}\""))
            : state;

    private static DeploymentSummary? OfIdentity(FileSession session, AcquireRequest request)
    {
        if (request.Deployment is not { } named)
            return FileRows.ByIdentity(session, request.Identity.Key);
        var found = FileRows.ByName(session, named.Value);
        if (found is not null && found.Environment != request.Identity.Environment)
            throw new ProblemException(LedgerProblems.NotTheCurrent(named, request.Identity.Environment, $"belongs to environment \"{found.Environment}\""));
        return found is null ? null : FileRows.ByIdentity(session, found.IdentityKey);
    }

    /// <summary>A file that nobody prepared is not made by looking at it.</summary>
    private Task<T> ReadAsync<T>(Func<FileSession, T> read, T nothing, CancellationToken cancellation) =>
        _ledger.Exists
            ? _ledger.ReadAsync(session => session.Rows("pragma user_version", row => row.GetInt32(0))[0] == 0 ? nothing : read(session), cancellation)
            : Task.FromResult(nothing);
}

/// <param name="RenewEvery">How often a holder looks whether it still holds.</param>
public sealed record FileLedgerOptions(TimeSpan RenewEvery)
{
    public static readonly FileLedgerOptions Default = new(TimeSpan.FromSeconds(5));
}

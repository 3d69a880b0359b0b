using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.LedgerStores.File;

/// <summary>The right to work on one deployment of a <see cref="FileLedgerStore"/>.</summary>
internal sealed class FileLedgerHold : ILedgerHold
{
    private const int UniqueViolation = 2067;
    private const string End = "update environment set concluded = 1, parked_until = null where name = $1";

    private readonly FileLedger _ledger;
    private readonly TimeProvider _time;
    private readonly FileStream _holder;
    private readonly HoldLoss _loss = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private bool _isUntouched;
    private bool _letGo;

    /// <param name="wasConcluded">The deployment had ended; it ends again by itself when nothing is written.</param>
    public FileLedgerHold(
        FileLedger ledger, FileLedgerOptions options, TimeProvider time, FileStream holder, DeploymentId deployment, string environment, int epoch,
        bool wasConcluded)
    {
        _isUntouched = wasConcluded;
        _ledger = ledger;
        _time = time;
        _holder = holder;
        Deployment = deployment;
        Environment = environment;
        Epoch = epoch;
        Lost = _loss.Token;
        _watching = WatchAsync(options.RenewEvery, _stop.Token);
    }

    public DeploymentId Deployment { get; }

    public string Environment { get; }

    public int Epoch { get; }

    public CancellationToken Lost { get; }

    public Task<LedgerEntry> AppendAsync(StepName? step, LedgerFact fact, CancellationToken cancellation) =>
        WriteAsync(session => Append(session, step, fact), cancellation);

    public Task EnsureHeldAsync(CancellationToken cancellation) => WriteAsync(_ => true, cancellation);

    public Task<ImmutableArray<LedgerEntry>> ReadAsync(CancellationToken cancellation) =>
        _ledger.ReadAsync(session => FileRows.Entries(session, Deployment, _ledger.Path), cancellation);

    public async Task ParkAsync(DateTimeOffset until, string after, CancellationToken cancellation)
    {
        await WriteAsync(
            session =>
            {
                Append(session, null, new LedgerFact.Parked(until, after));
                return session.Execute("update environment set parked_until = $2 where name = $1", Environment, FileRows.Text(until));
            },
            cancellation);
        await DisposeAsync();
    }

    public async Task ConcludeAsync(LedgerFact.Concluded end, CancellationToken cancellation)
    {
        await WriteAsync(
            session =>
            {
                Append(session, null, end);
                return session.Execute(End, Environment);
            },
            cancellation);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_letGo)
            return;
        if (_isUntouched && !Lost.IsCancellationRequested)
            await EndAgainAsync();
        _letGo = true;
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _holder.DisposeAsync();
        _stop.Dispose();
    }

    private async Task EndAgainAsync()
    {
        try
        {
            await WriteAsync(session => session.Execute(End, Environment), CancellationToken.None);
        }
        catch (ProblemException)
        {
            // Taken over, or the file is away: the deployment is found dead and taken over, which is true as well.
            _isUntouched = false;
        }
    }

    private LedgerEntry Append(FileSession session, StepName? step, LedgerFact fact)
    {
        _isUntouched &= fact is LedgerFact.TakenOver;
        var at = _time.GetUtcNow();
        try
        {
            return new LedgerEntry(FileClaim.Append(session, Deployment, Epoch, at, step, fact), Deployment, Epoch, at, step, fact);
        }
        catch (SqliteException failure) when (failure.SqliteExtendedErrorCode == UniqueViolation && fact is LedgerFact.RollbackClaimed { Manual: false })
        {
            throw new ProblemException(LedgerProblems.AlreadyClaimed(Deployment, Environment), failure);
        }
    }

    /// <summary>The renewal of the heartbeat is the fence: it finds no row of this epoch when another process took over.</summary>
    private Task<T> WriteAsync<T>(Func<FileSession, T> work, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_letGo, this);
        _loss.ThrowIfLost();
        return _ledger.WriteAsync(
            session =>
            {
                var renewed = session.Execute(
                    "update environment set heartbeat_at = $3 where name = $1 and epoch = $2", Environment, Epoch, FileRows.Text(_time.GetUtcNow()));
                if (renewed == 1)
                    return work(session);
                var taken = LedgerProblems.WasTakenOver(Deployment, Environment, Epoch);
                _loss.Lose(taken);
                throw new ProblemException(taken);
            },
            cancellation);
    }

    private async Task WatchAsync(TimeSpan every, CancellationToken stop)
    {
        while (!_loss.Token.IsCancellationRequested)
        {
            await Task.Delay(every, _time, stop);
            try
            {
                await WriteAsync(_ => true, stop);
            }
            catch (ProblemException failure) when (failure.Problem.Code == LedgerProblems.DiskFull.Code)
            {
                // The lock file still speaks for this process, and the next append says what is wrong.
            }
            catch (ProblemException failure)
            {
                _loss.Lose(failure.Problem);
            }
        }
    }
}

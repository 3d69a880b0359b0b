using System.Collections.Concurrent;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Recorded sessions that are used for one scope after the other; a session that may have kept anything is never given back.</summary>
internal sealed class ScopeSessions : IAsyncDisposable
{
    private readonly ConcurrentDictionary<FencedConnections, ConcurrentBag<FencedConnection>> _idle = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private bool _isPrepared;

    public async Task<FencedConnection> RentAsync(ILedgerHold hold, CancellationToken cancellation)
    {
        var fenced = FencedConnections.Of(hold);
        if (_idle.TryGetValue(fenced, out var idle) && idle.TryTake(out var session))
            return session;
        session = await fenced.OpenAsync("migrate", cancellation);
        await PrepareAsync(session, cancellation);
        return session;
    }

    /// <summary>Only for a session whose last transaction committed.</summary>
    public void Return(ILedgerHold hold, FencedConnection session) =>
        _idle.GetOrAdd(FencedConnections.Of(hold), _ => []).Add(session);

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _idle.Values.SelectMany(sessions => sessions))
            await session.DisposeAsync();
        _idle.Clear();
        _gate.Dispose();
    }

    private async Task PrepareAsync(FencedConnection session, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (!_isPrepared)
                await MigrationSchema.EnsureAsync(session, cancellation);
            _isPrepared = true;
        }
        catch (NpgsqlException)
        {
            await session.DisposeAsync();
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.MigrateTenants;

/// <summary>What became of a wave.</summary>
/// <param name="Ended">In the order they ended.</param>
/// <param name="Untouched">Never begun, because another failed or the run was told to stop.</param>
public sealed record WaveOutcome(ImmutableArray<ScopeOutcome> Ended, ImmutableArray<Scope> Untouched)
{
    public ImmutableArray<ScopeOutcome> Failed => [.. Ended.Where(outcome => outcome.Problem is not null)];

    public ImmutableArray<ScopeOutcome> Done => [.. Ended.Where(outcome => outcome.Problem is null)];
}

/// <summary>Works a wave off from one queue: whoever is free takes the next, so that a slow tenant holds nobody up.</summary>
/// <param name="parallel">How many at once; at least 1.</param>
/// <param name="migrate">Moves one tenant; a known failure is an outcome.</param>
public sealed class WaveScheduler(int parallel, Func<Scope, Task<ScopeOutcome>> migrate)
{
    /// <summary>Stops launching at the first failure; what runs is let end. An exception of one ends the others likewise and is thrown then.</summary>
    /// <param name="ended">Called after each tenant, from any worker.</param>
    /// <param name="graceful">Starts nothing new; does not throw.</param>
    public async Task<WaveOutcome> RunAsync(ImmutableArray<Scope> scopes, Action<ScopeOutcome> ended, CancellationToken graceful)
    {
        var queue = new ConcurrentQueue<Scope>(scopes);
        var outcomes = new ConcurrentQueue<ScopeOutcome>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(graceful);
        await Task.WhenAll(Enumerable.Range(0, Math.Min(parallel, scopes.Length)).Select(_ => WorkAsync()));
        return new WaveOutcome([.. outcomes], [.. queue]);

        async Task WorkAsync()
        {
            try
            {
                while (!stop.IsCancellationRequested && queue.TryDequeue(out var scope))
                {
                    var outcome = await migrate(scope);
                    outcomes.Enqueue(outcome);
                    ended(outcome);
                    if (outcome.Problem is not null)
                        await stop.CancelAsync();
                }
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }
    }
}

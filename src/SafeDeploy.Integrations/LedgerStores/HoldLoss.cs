using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.LedgerStores;

/// <summary>Says once, and for good, that a hold is lost and why.</summary>
public sealed class HoldLoss : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private Problem? _why;

    public CancellationToken Token => _source.Token;

    /// <summary>The first reason stays.</summary>
    public void Lose(Problem why)
    {
        if (Interlocked.CompareExchange(ref _why, why, null) is not null)
            return;
        // Callbacks of the token (cancelling statements) run on the pool: the caller may hold a gate that they need.
        _ = _source.CancelAsync();
    }

    public void ThrowIfLost()
    {
        if (Volatile.Read(ref _why) is { } why)
            throw new ProblemException(why);
    }

    public void Dispose() => _source.Dispose();
}

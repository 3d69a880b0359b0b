using System.Runtime.ExceptionServices;

namespace SafeDeploy.Risk;

/// <summary>The same work on many items on all cores, its results in the order of the items.</summary>
public static class SideBySide
{
    // With fewer, starting further threads takes longer than what they would save.
    private const int FewItems = 16;

    /// <summary>Fails with the first failure, as a loop would.</summary>
    public static TOut[] Select<TIn, TOut>(IReadOnlyList<TIn> items, Func<TIn, TOut> work, CancellationToken cancellation)
        where TOut : class
    {
        var results = new TOut[items.Count];
        if (items.Count < FewItems)
        {
            for (var i = 0; i < results.Length; i++)
                results[i] = work(items[i]);
            return results;
        }

        try
        {
            Parallel.For(0, results.Length, new ParallelOptions { CancellationToken = cancellation }, i => results[i] = work(items[i]));
            return results;
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.Flatten().InnerExceptions[0]);
            throw;
        }
    }
}

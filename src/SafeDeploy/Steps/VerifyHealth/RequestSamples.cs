using System.Collections.Concurrent;
using System.Collections.Immutable;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Sends a bounded number of our own requests, a few at once, within a bounded time.</summary>
public static class RequestSamples
{
    /// <summary>Marks our requests, so that an application can leave them out of what it counts.</summary>
    public const string MarkHeader = "X-Safe-Deploy-Probe";

    /// <returns>What came back, at most <paramref name="count"/>; fewer when <paramref name="within"/> ended.</returns>
    public static async Task<ImmutableArray<HttpAnswer>> TakeAsync(
        AskFront ask, string path, int count, int atOnce, TimeSpan timeout, TimeSpan within, TimeProvider clock, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        var question = new HttpQuestion("GET", path, [(MarkHeader, "1")], null, timeout);
        var answers = new ConcurrentBag<HttpAnswer>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, count, options, async (_, token) =>
        {
            if (clock.GetElapsedTime(started) < within)
                answers.Add(await ask(question, token));
        });
        return [.. answers];
    }

    /// <summary>The 95th percentile by nearest rank; zero of none.</summary>
    public static TimeSpan P95(IReadOnlyCollection<TimeSpan> times)
    {
        if (times.Count == 0)
            return TimeSpan.Zero;
        var sorted = times.Order().ToArray();
        return sorted[(int)Math.Ceiling(sorted.Length * 0.95) - 1];
    }
}

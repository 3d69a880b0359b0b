using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace SafeDeploy.Tests.Load;

/// <param name="AtLeast">Told to stop earlier, it goes on until so many requests were sent.</param>
/// <param name="AtMost">It stops by itself after so many.</param>
/// <param name="Rate">Requests a second over all connections.</param>
/// <param name="Timeout">For one request, the connection's opening included.</param>
internal sealed record LoadOptions(
    Uri Url, string Method, ImmutableArray<string> Headers, string Body, bool KeepAlive,
    int Connections, double Rate, int AtLeast, int AtMost, TimeSpan Timeout);

/// <param name="Failed">Everything that was not answered with 2xx.</param>
/// <param name="Reasons">Failures by reason.</param>
/// <param name="Versions">Answers by X-App-Version; "none" where an answer had no such header.</param>
internal sealed record LoadReport(
    int Sent, int Failed, ImmutableSortedDictionary<string, int> Reasons, ImmutableSortedDictionary<string, int> Versions,
    double P50Ms, double P95Ms, double MaxMs, double Seconds);

/// <summary>
/// Bounded load on one address. Each request is sent once: nothing is retried, neither by it nor by a library below it,
/// so that a lost request is a counted failure.
/// </summary>
internal sealed class LoadGenerator(LoadOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, int> _reasons = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _versions = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<double> _latencies = new();
    private int _tickets;

    /// <param name="stop">Ends the load politely: what is under way is waited for.</param>
    public async Task<LoadReport> RunAsync(CancellationToken stop)
    {
        var start = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, options.Connections).Select(_ => Task.Run(() => WorkAsync(start, stop), CancellationToken.None)));
        var sorted = _latencies.Order().ToImmutableArray();
        return new(
            sorted.Length, _reasons.Values.Sum(), Sorted(_reasons), Sorted(_versions),
            Percentile(sorted, 0.50), Percentile(sorted, 0.95), Percentile(sorted, 1), Math.Round(time.GetElapsedTime(start).TotalSeconds, 2));
    }

    private async Task WorkAsync(long start, CancellationToken stop)
    {
        using var connection = new RawHttp(options);
        while (Interlocked.Increment(ref _tickets) - 1 is var ticket && ticket < options.AtMost)
        {
            if (!await IsDueAsync(start, ticket, stop))
                return;
            var sent = time.GetTimestamp();
            var answer = await connection.ExchangeAsync();
            _latencies.Enqueue(time.GetElapsedTime(sent).TotalMilliseconds);
            Count(answer);
        }
    }

    // False: told to stop, and enough was sent.
    private async Task<bool> IsDueAsync(long start, int ticket, CancellationToken stop)
    {
        var wait = TimeSpan.FromSeconds(ticket / options.Rate) - time.GetElapsedTime(start);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, ticket < options.AtLeast ? CancellationToken.None : stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ticket < options.AtLeast || !stop.IsCancellationRequested;
    }

    private void Count(RawAnswer answer)
    {
        if (answer.Status > 0)
            Increment(_versions, answer.Version ?? "none");
        if (answer.Failure is { } failure)
            Increment(_reasons, failure);
        else if (answer.Status is < 200 or > 299)
            Increment(_reasons, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"status {answer.Status}{(answer.SaysWhenToRetry ? " with Retry-After" : "")}"));
    }

    private static void Increment(ConcurrentDictionary<string, int> counts, string name) => counts.AddOrUpdate(name, 1, (_, count) => count + 1);

    private static ImmutableSortedDictionary<string, int> Sorted(ConcurrentDictionary<string, int> counts) =>
        counts.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static double Percentile(ImmutableArray<double> sorted, double share) =>
        sorted.IsEmpty ? 0 : Math.Round(sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)], 1);
}

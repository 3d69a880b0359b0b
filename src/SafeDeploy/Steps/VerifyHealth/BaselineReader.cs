using SafeDeploy.Ledger;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Measures what serves before the deploy touches anything: latency and errors through the front, with bounded samples.</summary>
public static class BaselineReader
{
    private const int Samples = 40;
    private const int AtOnce = 4;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Null when the front gave too few answers within twenty seconds to compare with.</summary>
    public static async Task<HealthBaseline?> ReadAsync(AskFront front, string path, TimeProvider clock, CancellationToken cancellation)
    {
        var samples = await RequestSamples.TakeAsync(front, path, Samples, AtOnce, Timeout, Longest, clock, cancellation);
        var answered = samples.Where(s => s.Status is > 0 and < 500).Select(s => s.Took).ToArray();
        return answered.Length < Samples / 2
            ? null
            : new HealthBaseline(RequestSamples.P95(answered).TotalMilliseconds, 1 - (double)answered.Length / samples.Length, samples.Length);
    }
}

namespace SafeDeploy.Integrations.Hosts;

/// <summary>What passes by itself is asked again: server errors after a moment, a limit when the host says.</summary>
public static class RestRetry
{
    private const int Attempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A step must not wait for its host longer than people would for its answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="act">Asks again for what stands before it makes anything: it may be repeated.</param>
    /// <exception cref="RestRefusedException">The last refusal.</exception>
    public static async Task DoAsync(Func<Task> act, TimeProvider time, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await act();
                return;
            }
            catch (RestRefusedException refused) when (refused.IsPassing && attempt < Attempts)
            {
                var wait = refused.After is { } after && after > TimeSpan.Zero ? after : Pause * attempt;
                if (time.GetElapsedTime(since) + wait > Patience)
                    throw;
                await Task.Delay(wait, time, cancellation);
            }
        }
    }
}

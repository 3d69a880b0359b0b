using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SafeDeploy.Tests;

/// <summary>Waits for a condition of another process or server, with a deadline; never for time to pass.</summary>
public static class Eventually
{
    // A look often costs a session of its own: the longer it has taken, the less a moment more matters.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(200);

    /// <summary>Returns as soon as <paramref name="condition"/> holds; fails the test when it does not within <paramref name="within"/>.</summary>
    public static async Task Async(
        Func<Task<bool>> condition, TimeSpan within, CancellationToken cancellation = default,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < within, $"not within {within.TotalSeconds:0.#} s: {what}");
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp(waited.Elapsed.Ticks / 8, Shortest.Ticks, Longest.Ticks)), cancellation);
        }
    }

    /// <inheritdoc cref="Async(Func{Task{bool}}, TimeSpan, CancellationToken, string)"/>
    public static Task Async(
        Func<bool> condition, TimeSpan within, CancellationToken cancellation = default,
        [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Async(() => Task.FromResult(condition()), within, cancellation, what);
}

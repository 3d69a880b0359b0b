using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SafeDeploy.Tests;

/// <summary>Waits for a condition of another process or server, with a deadline; never for time to pass.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns as soon as <paramref name="condition"/> holds; fails the test when it does not within <paramref name="within"/>.</summary>
    public static async Task Async(
        Func<Task<bool>> condition, TimeSpan within, CancellationToken cancellation = default,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < within, $"not within {within.TotalSeconds:0.#} s: {what}");
            await Task.Delay(Interval, cancellation);
        }
    }

    /// <inheritdoc cref="Async(Func{Task{bool}}, TimeSpan, CancellationToken, string)"/>
    public static Task Async(
        Func<bool> condition, TimeSpan within, CancellationToken cancellation = default,
        [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Async(() => Task.FromResult(condition()), within, cancellation, what);
}

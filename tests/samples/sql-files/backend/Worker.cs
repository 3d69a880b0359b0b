using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;

namespace PointOfSale;

/// <summary>The same image with another command: closes open sales once a second, takes no requests.</summary>
internal static class Worker
{
    public static async Task<int> RunAsync(Shop shop, Settings settings, TimeProvider time)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        await Console.Out.WriteLineAsync($"worker {settings.Version}: started");
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
                await RoundAsync(shop, settings, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Out.WriteLineAsync($"worker {settings.Version}: stopped");
        }

        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task RoundAsync(Shop shop, Settings settings, CancellationToken cancellation)
    {
        try
        {
            var closed = 0;
            foreach (var tenant in await shop.TenantsAsync(cancellation))
                closed += await shop.CloseSalesAsync(tenant.Schema, cancellation);
            if (closed > 0)
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"worker {settings.Version}: closed {closed}"));
        }
        catch (NpgsqlException failure)
        {
            // A worker of real life logs it and tries again with the next round; on a schema that does not fit it never succeeds.
            await Console.Error.WriteLineAsync($"worker {settings.Version}: {failure.SqlState} {(failure as PostgresException)?.MessageText ?? failure.Message}");
        }
    }
}

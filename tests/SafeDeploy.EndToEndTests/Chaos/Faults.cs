using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.EndToEndTests.Crash;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests.Chaos;

/// <summary>Something that goes wrong while the program lives on; it comes back by itself, or is brought back.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Begin">Before the program starts: what has to stand ready.</param>
internal sealed record Fault(string Name, Func<FileSite, Task<IInjection>> Begin)
{
    /// <summary>Strikes while this is the newest line; null = at any moment.</summary>
    public string? When { get; init; }
}

internal interface IInjection : IAsyncDisposable
{
    /// <summary>At a random moment of the run; ends when the world is whole again.</summary>
    Task StrikeAsync(CliProcess run);
}

/// <summary>The catalogue of faults besides kill −9.</summary>
internal static class Faults
{
    private const string Filler = "filler";

    private static readonly TimeSpan CutFor = TimeSpan.FromSeconds(10);

    public static readonly Fault SessionsEnded = new("all its database sessions ended, three times", site => Once(async run =>
    {
        for (var time = 0; time < 3; time++)
        {
            await site.Sample.Database.ExecuteAsync(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'safe-deploy/%'");
            await run.EndsWithinAsync(TimeSpan.FromMilliseconds(300));
        }
    }));

    public static readonly Fault NetworkSilent = new("the network to the database silent for 10 s", site => Cut(site, relay => relay.Silence(), CutFor));

    public static readonly Fault NetworkBroken = new("the network to the database broken for 10 s", site => Cut(site, relay => relay.Break(), CutFor));

    /// <summary>For the part that plays in every test run.</summary>
    public static readonly Fault NetworkBlinks = new("the network to the database broken for 1 s", site => Cut(site, relay => relay.Break(), TimeSpan.FromSeconds(1)));

    public static readonly Fault FrontAway = new("the front away for 2 s", site => Once(async run =>
    {
        site.Target.IsAway = true;
        await run.EndsWithinAsync(TimeSpan.FromSeconds(2));
        site.Target.IsAway = false;
    }));

    public static readonly Fault DiskFull = new("the backup's disk full", async site =>
    {
        // What preflight and backup ask for, and not much more.
        var size = await site.Sample.Database.ScalarAsync<long>("select 3 * pg_database_size(current_database()) / 1048576 + 32");
        await Machine.MountDiskAsync(site.Sample.Backups, string.Create(CultureInfo.InvariantCulture, $"{size}M"), Path.Combine(site.Sample.Home, "disk"));
        return new Injection(
            _ =>
            {
                Fill(site.Sample.Backups);
                return Task.CompletedTask;
            },
            () => Machine.UnmountAsync(site.Sample.Backups));
    })
    {
        When = "backup/intended",
    };

    /// <summary>The database on a small disk, which is full from some moment on until the program has ended.</summary>
    public static readonly Fault TablespaceFull = new("the database's disk full", async site =>
    {
        var disk = await SmallDisk.UnderAsync(site.Sample.Database);
        return new Injection(
            async run =>
            {
                Fill(disk.Folder);
                await run.EndsWithinAsync(CutFor);
                File.Delete(Path.Combine(disk.Folder, Filler));
            },
            async () => await disk.DisposeAsync());
    });

    /// <summary>Alone: everybody's server stops.</summary>
    public static readonly Fault ServerStopped = new("PostgreSQL stopped and started", site => Once(async _ =>
    {
        var data = await site.Sample.Database.ScalarAsync<string>("show data_directory");
        await Machine.RestartPostgresAsync(data!);
    }));

    /// <param name="library">libfaketime; it reads the offset anew from a file.</param>
    public static Fault ClockMoved(string library, string by) => new($"the clock moved by {by}", site =>
    {
        var file = Path.Combine(site.Sample.Home, "clock");
        File.WriteAllText(file, "+0\n");
        site.Variables.AddRange([
            ("LD_PRELOAD", library), ("FAKETIME_TIMESTAMP_FILE", file), ("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1")]);
        return Task.FromResult<IInjection>(new Injection(_ => File.WriteAllTextAsync(file, by + "\n")));
    });

    /// <returns>The faults that this machine can play, and why not the others.</returns>
    public static (ImmutableArray<Fault> Playable, ImmutableArray<string> Skipped) OfThisMachine()
    {
        var playable = ImmutableArray.Create(SessionsEnded, NetworkSilent, NetworkBroken, FrontAway, DiskFull, TablespaceFull);
        var library = Environment.GetEnvironmentVariable("SAFE_DEPLOY_CHAOS_FAKETIME");
        return library is { Length: > 0 }
            ? (playable.AddRange(ClockMoved(library, "+3h"), ClockMoved(library, "-3h")), [])
            : (playable, ["the clock moved: libfaketime is not installed"]);
    }

    private static Task<IInjection> Once(Func<CliProcess, Task> strike) => Task.FromResult<IInjection>(new Injection(strike));

    private static Task<IInjection> Cut(FileSite site, Action<DatabaseRelay> how, TimeSpan time)
    {
        var relay = new DatabaseRelay();
        site.Variables.Add(("DATABASE_URL", relay.Url(site.Sample.Database.Url)));
        return Task.FromResult<IInjection>(new Injection(
            async run =>
            {
                how(relay);
                await run.EndsWithinAsync(time);
                relay.Heal();
            },
            async () =>
            {
                site.Variables.RemoveAll(v => v.Name == "DATABASE_URL");
                await relay.DisposeAsync();
            }));
    }

    private static void Fill(string folder)
    {
        var bytes = new byte[64 * 1024];
        using var file = File.Create(Path.Combine(folder, Filler));
        try
        {
            while (true)
                file.Write(bytes);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private sealed class Injection(Func<CliProcess, Task> strike, Func<Task>? end = null) : IInjection
    {
        public Task StrikeAsync(CliProcess run) => strike(run);

        public async ValueTask DisposeAsync() => await (end?.Invoke() ?? Task.CompletedTask);
    }
}

using SafeDeploy.Integrations.LedgerStores.File;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using SafeDeploy.Problems;
using ProblemText = SafeDeploy.Reporting.ProblemText;

namespace SafeDeploy.DatabaseTests.Ledger;

/// <summary>A directory of its own.</summary>
public sealed class FileLedgerPlace : ILedgerPlace
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("safe-deploy-ledger-");

    public string File => Path.Combine(_directory.FullName, "ledger.sqlite3");

    public string[] Names => [.. _directory.EnumerateFiles().Select(file => file.Name).Order(StringComparer.Ordinal)];

    public ILedgerStore Open() => Open(TimeProvider.System);

    public FileLedgerStore Open(TimeProvider time) => new(File, FileLedgerOptions.Default, time);

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

public sealed class FileLedgerStoreTests : LedgerStoreContract
{
    protected override Task<ILedgerPlace> PlaceAsync() => Task.FromResult<ILedgerPlace>(new FileLedgerPlace());

    [Fact]
    public async Task Looking_at_a_ledger_makes_no_file()
    {
        await using var place = new FileLedgerPlace();
        await using var store = place.Open();
        Assert.Equal(HoldState.Free, await store.StateOfAsync());
        Assert.Empty(place.Names);
    }

    [Fact]
    public async Task Nothing_but_the_ledger_stays_behind()
    {
        await using var place = new FileLedgerPlace();
        await using var store = place.Open();
        await store.PrepareAsync(CancellationToken.None);
        var hold = (await store.HoldAsync(Deploying.Open())).Hold;
        Assert.Equal(2, place.Names.Length);
        await hold.ConcludeAsync(Deploying.End(), CancellationToken.None);
        Assert.Equal(["ledger.sqlite3"], place.Names);
    }

    [Fact]
    public async Task The_machines_clock_may_jump_without_ending_or_stealing_a_hold()
    {
        await using var place = new FileLedgerPlace();
        var clock = new FakeClock();
        await using var store = place.Open(clock);
        await store.PrepareAsync(CancellationToken.None);
        await using var hold = (await store.HoldAsync(Deploying.Open())).Hold;
        foreach (var hours in (int[])[36, -72])
        {
            clock.Jump(TimeSpan.FromHours(hours));
            Assert.Equal(HoldState.Working, await store.StateOfAsync());
            Assert.IsType<Acquisition.Busy>(await store.AcquireAsync(Deploying.TakeOver(), CancellationToken.None));
        }

        await hold.EnsureHeldAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_holder_notices_by_itself_that_it_was_taken_over()
    {
        await using var place = new FileLedgerPlace();
        var clock = new FakeClock();
        await using var store = place.Open(clock);
        await store.PrepareAsync(CancellationToken.None);
        await using var old = (await store.HoldAsync(Deploying.Open())).Hold;
        await using var taken = (await store.HoldAsync(Deploying.TakeOver("run-1"))).Hold;
        await Eventually.Async(
            () =>
            {
                clock.Advance(FileLedgerOptions.Default.RenewEvery);
                return old.Lost.IsCancellationRequested;
            },
            TimeSpan.FromSeconds(10));
        Assert.False(taken.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_file_that_is_no_ledger()
    {
        await using var place = new FileLedgerPlace();
        await File.WriteAllTextAsync(place.File, new string('x', 8192));
        await using var store = place.Open();
        var failure = await Assert.ThrowsAsync<ProblemException>(() => store.PrepareAsync(CancellationToken.None));
        Golden.Verify(ProblemText.Render(failure.Problem).Replace(place.File, "/data/ledger.sqlite3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ledger_file_in_a_directory_that_is_not_there()
    {
        await using var store = new FileLedgerStore("/nonexistent/ledger.sqlite3", FileLedgerOptions.Default, TimeProvider.System);
        var failure = await Assert.ThrowsAsync<ProblemException>(() => store.PrepareAsync(CancellationToken.None));
        Golden.Verify(ProblemText.Render(failure.Problem));
    }
}

namespace SafeDeploy.Tests.Ledger;

public sealed class FakeClockTests
{
    [Fact]
    public async Task Timers_fire_in_their_order_at_their_own_time()
    {
        var clock = new FakeClock();
        var start = clock.GetTimestamp();
        var fired = new List<(string, double)>();
        await using var late = clock.CreateTimer(_ => fired.Add(("late", clock.GetElapsedTime(start).TotalSeconds)), null, TimeSpan.FromSeconds(7), Timeout.InfiniteTimeSpan);
        await using var often = clock.CreateTimer(_ => fired.Add(("often", clock.GetElapsedTime(start).TotalSeconds)), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3));
        clock.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal([("often", 2), ("often", 5), ("late", 7), ("often", 8)], fired);
    }

    [Fact]
    public async Task A_delay_ends_when_the_clock_is_turned_and_not_when_it_jumps()
    {
        var clock = new FakeClock();
        var delay = Task.Delay(TimeSpan.FromSeconds(5), clock);
        clock.Jump(TimeSpan.FromDays(1));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(5));
        await delay;
    }
}

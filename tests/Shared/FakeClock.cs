namespace SafeDeploy.Tests;

/// <summary>A clock that a test turns: timers and delays fire only in <see cref="Advance"/>.</summary>
public sealed class FakeClock : TimeProvider
{
    private readonly Lock _turning = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _elapsed = TimeSpan.Zero;
    private DateTimeOffset _now;

    public FakeClock(DateTimeOffset? now = null) => _now = now ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers and delays wait; a test that turns the clock for another task waits for this first.</summary>
    public int Waiting
    {
        get
        {
            lock (_turning)
                return _timers.Count(timer => timer.Due is not null);
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_turning)
            return _now;
    }

    public override long GetTimestamp()
    {
        lock (_turning)
            return _elapsed.Ticks;
    }

    /// <summary>Time passes; what falls due meanwhile fires in its order, each at its own time.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan until;
        lock (_turning)
            until = _elapsed + by;
        while (NextDue(until) is { } due)
            due.Fire();
        lock (_turning)
            MoveTo(until);
    }

    /// <summary>Somebody sets the machine's clock; no time passes.</summary>
    public void Jump(TimeSpan by)
    {
        lock (_turning)
            _now += by;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        lock (_turning)
            _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    private Timer? NextDue(TimeSpan until)
    {
        lock (_turning)
        {
            var next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
            if (next is null)
                return null;
            MoveTo(next.Due!.Value);
            next.Due = next.Period > TimeSpan.Zero ? next.Due + next.Period : null;
            return next;
        }
    }

    private void MoveTo(TimeSpan elapsed)
    {
        if (elapsed <= _elapsed)
            return;
        _now += elapsed - _elapsed;
        _elapsed = elapsed;
    }

    private sealed class Timer(FakeClock clock, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan? Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._turning)
            {
                if (!clock._timers.Contains(this))
                    return false;
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._elapsed + dueTime;
                Period = period == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : period;
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._turning)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

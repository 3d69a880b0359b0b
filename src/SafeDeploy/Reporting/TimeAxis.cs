using System.Collections.Immutable;

namespace SafeDeploy.Reporting;

/// <summary>Milliseconds since the start → 0 to 1 of a picture's width. Long waits between steps are shortened, so that the work stays visible.</summary>
public sealed class TimeAxis
{
    private const double LongestWait = 0.08;

    private readonly ImmutableArray<(double From, double To, double Start, double Width)> _pieces;

    public TimeAxis(IEnumerable<(long From, long To)> work)
    {
        var merged = Merge(work);
        var active = Math.Max(1, merged.Sum(piece => piece.To - piece.From));
        var pieces = ImmutableArray.CreateBuilder<(double, double, double, double)>();
        var (at, end) = (0.0, 0.0);
        foreach (var (from, to) in merged)
        {
            var wait = Math.Min(from - end, active * LongestWait);
            IsShortened |= from - end > wait;
            pieces.Add((end, from, at, wait));
            pieces.Add((from, to, at + wait, to - from));
            at += wait + to - from;
            end = to;
        }

        _pieces = pieces.ToImmutable();
        Total = Math.Max(1, at);
    }

    /// <summary>A wait is drawn shorter than it was.</summary>
    public bool IsShortened { get; }

    private double Total { get; }

    public double At(long ms)
    {
        foreach (var (from, to, start, width) in _pieces)
            if (ms <= to)
                return (start + (to <= from ? 0 : Math.Max(0, ms - from) / (to - from) * width)) / Total;
        return 1;
    }

    private static List<(double From, double To)> Merge(IEnumerable<(long From, long To)> work)
    {
        var merged = new List<(double From, double To)>();
        foreach (var (from, to) in work.OrderBy(w => w.From))
        {
            if (merged.Count > 0 && from <= merged[^1].To)
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else
                merged.Add((from, Math.Max(from, to)));
        }

        return merged;
    }
}

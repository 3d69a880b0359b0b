using SafeDeploy.Integrations.Backups.PgDump;
using SafeDeploy.Ports;

namespace SafeDeploy.Tests.Backup;

public sealed class BackupRulesTests
{
    private static BackupManifest Last(long database, long dumps) => new(
        2, "s", new BackupLabel("p", "e", "d", "v"), default, "h:1/d", 150000, 15, "x", [new BackupPart("public.dump", dumps, "", ["public"], 1)],
        System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty, [])
    { DatabaseBytes = database };

    [Fact]
    public void The_last_set_tells_how_much_the_next_one_may_take()
    {
        Assert.Equal(1000L << 20, SpaceForecast.Of(1000L << 20, 0, null).Bytes);
        var known = SpaceForecast.Of(2000L << 20, 10L << 20, Last(1000L << 20, 100L << 20));
        Assert.Equal(310L << 20, known.Bytes);
        Assert.Equal("the last set took 100 MB of 1000 MB, the database has 2000 MB now and 10 MB of files, half as much again is added", known.How);
        Assert.Equal(500L << 20, SpaceForecast.Of(500L << 20, 0, Last(100L << 20, 90L << 20)).Bytes);
    }

    [Fact]
    public void Counters_say_what_was_written_or_that_they_can_not_say()
    {
        static WriteCounters Counters(string since, params (long Table, long Rows)[] tables) => new(
            since, new Dictionary<string, Dictionary<long, long>> { ["t"] = tables.ToDictionary(t => t.Table, t => t.Rows) });
        var then = Counters("a", (1, 500), (2, 3)).TextOf("t");
        Assert.Equal("1=500 2=3", then);
        Assert.Equal(0, Counters("a", (1, 500), (2, 3)).WrittenSince("a", "t", then));
        Assert.Equal(12, Counters("a", (1, 505), (2, 3), (9, 7)).WrittenSince("a", "t", then));
        Assert.Null(Counters("b", (1, 505), (2, 3)).WrittenSince("a", "t", then));
        Assert.Null(Counters("a", (1, 505)).WrittenSince("a", "t", then));
        Assert.Null(Counters("a", (1, 505), (2, 1)).WrittenSince("a", "t", then));
        Assert.Null(Counters("", (1, 500), (2, 3)).WrittenSince("", "t", then));
    }
}

using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.HealthGates.Http;
using SafeDeploy.Ledger;
using SafeDeploy.Ports;
using static SafeDeploy.Tests.Health.Scenes;

namespace SafeDeploy.Tests.Health;

public sealed class HttpJudgementTests
{
    private static readonly HealthBaseline Baseline = new(40, 0, 40);

    private static GateSettings.Http Gate(string errors = "0%", LatencyLimit? p95 = null, int? status = null, string? body = null, int samples = 20) =>
        new("front page", true, "/", status, body, p95, Percentage.TryParse(errors)!.Value, samples);

    private static ImmutableArray<HttpAnswer> Answers(int well, int failed = 0, double ms = 5) =>
        [.. Enumerable.Repeat(Answer(200, "welcome", ms: ms), well), .. Enumerable.Repeat(Answer(500, "no such column \"total\"\nstack"), failed)];

    private static Verdict Judged(GateSettings.Http gate, ImmutableArray<HttpAnswer> answers, GateScene? scene = null) =>
        HttpJudgement.Of(gate, scene ?? Front(Baseline), answers).Verdict;

    [Fact]
    public void One_failure_is_too_many_where_none_may_fail() => Assert.Equal(Verdict.Fail, Judged(Gate(), Answers(19, 1)));

    [Fact]
    public void Too_few_answers_are_neither_pass_nor_fail() => Assert.Equal(Verdict.Inconclusive, Judged(Gate("1%"), Answers(19)));

    [Fact]
    public void Too_few_answers_fail_when_too_many_of_them_are_red_already() => Assert.Equal(Verdict.Fail, Judged(Gate("1%"), Answers(2, 5)));

    [Theory]
    [InlineData(19, 1, Verdict.Inconclusive)]
    [InlineData(99, 1, Verdict.Pass)]
    [InlineData(98, 2, Verdict.Fail)]
    [InlineData(18, 2, Verdict.Fail)]
    [InlineData(20, 0, Verdict.Pass)]
    public void A_share_is_judged_by_as_many_requests_as_it_needs(int well, int failed, Verdict expected) =>
        Assert.Equal(expected, Judged(Gate("1%"), Answers(well, failed)));

    [Theory]
    [InlineData(200, 200, true)]
    [InlineData(302, null, true)]
    [InlineData(302, 200, false)]
    [InlineData(404, null, false)]
    [InlineData(503, null, false)]
    [InlineData(418, 418, true)]
    public void A_status_passes_when_it_is_the_one_or_any_success(int status, int? wanted, bool passes) =>
        Assert.Equal(passes ? Verdict.Pass : Verdict.Fail, Judged(Gate(status: wanted), [.. Enumerable.Repeat(Answer(status), 20)]));

    [Fact]
    public void A_body_that_lacks_the_text_fails_though_its_status_is_well() =>
        Assert.Equal(Verdict.Fail, Judged(Gate(body: "open sales"), Answers(20)));

    [Theory]
    [InlineData(50, Verdict.Pass)]
    [InlineData(60, Verdict.Pass)]
    [InlineData(61, Verdict.Fail)]
    public void Latency_is_compared_with_the_baseline(double ms, Verdict expected) =>
        Assert.Equal(expected, Judged(Gate(p95: new LatencyLimit.Baseline(1.5m)), Answers(20, ms: ms)));

    [Fact]
    public void A_baseline_of_a_few_milliseconds_leaves_room_for_noise() =>
        Assert.Equal(Verdict.Pass, Judged(Gate(p95: new LatencyLimit.Baseline(1.5m)), Answers(20, ms: 11), Front(new HealthBaseline(2, 0, 40))));

    [Fact]
    public void A_first_release_has_nothing_to_be_slower_than() =>
        Assert.Equal(Verdict.Pass, Judged(Gate(p95: new LatencyLimit.Baseline(1.5m)), Answers(20, ms: 900), Front()));

    [Fact]
    public void A_baseline_that_could_not_be_taken_is_no_pass()
    {
        var before = new WorldSnapshot(new ServingRelease("blue", "v1", null, null, 1, ""), ImmutableSortedDictionary<string, string>.Empty, null);
        Assert.Equal(Verdict.Inconclusive, Judged(Gate(p95: new LatencyLimit.Baseline(1.5m)), Answers(20), Front(null, before)));
    }

    [Fact]
    public void Instances_are_not_judged_by_latency() => Assert.Equal(
        Verdict.Pass, Judged(Gate(p95: new LatencyLimit.Absolute(TimeSpan.FromMilliseconds(1))), Answers(20, ms: 900), Front() with { Slot = "green" }));

    [Fact]
    public void The_most_frequent_fault_is_quoted()
    {
        var reading = HttpJudgement.Of(
            Gate("1%", new LatencyLimit.Baseline(1.5m)), Front(Baseline), [.. Answers(17, 2), Silence()]);
        Golden.Verify($"{reading.Measured}\n{reading.Threshold}\n{reading.Detail}");
    }

    [Fact]
    public async Task More_requests_are_sent_when_one_failure_decides_nothing_yet()
    {
        var sent = 0;
        var gate = new HttpGate(Gate("1%"), null, (_, _) => Task.FromResult(Interlocked.Increment(ref sent) == 3 ? Answer(500) : Answer(200)), TimeProvider.System);
        var reading = await gate.ReadAsync(Front(), default);
        Assert.Equal((100, Verdict.Pass), (sent, reading.Verdict));
    }

    [Fact]
    public async Task Instances_of_the_slot_are_asked_in_turn()
    {
        var asked = new System.Collections.Concurrent.ConcurrentBag<string>();
        var target = new AskedTarget
        {
            Instances = () => [Running("one"), Running("two")],
            Answers = (instance, _) =>
            {
                asked.Add(instance);
                return Answer(200);
            },
        };
        await new HttpGate(Gate(), target, null, TimeProvider.System).ReadAsync(Front() with { Slot = "green" }, default);
        Assert.Equal((10, 10), (asked.Count(a => a == "one"), asked.Count(a => a == "two")));
    }
}

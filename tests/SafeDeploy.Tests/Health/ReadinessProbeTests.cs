using SafeDeploy.Config;
using SafeDeploy.Problems;
using SafeDeploy.Steps.VerifyHealth;
using static SafeDeploy.Tests.Health.Scenes;

namespace SafeDeploy.Tests.Health;

public sealed class ReadinessProbeTests
{
    private static async Task<(Problem? Problem, TimeSpan Took)> WaitAsync(AskedTarget target, VersionProof? version = null)
    {
        var clock = new FakeClock();
        var started = clock.GetTimestamp();
        var problem = await KeptRun.TurningAsync(clock, new ReadinessProbe(target, Settings(version: version), clock).WaitAsync("green", "v2", default));
        return (problem, clock.GetElapsedTime(started));
    }

    [Fact]
    public async Task A_release_that_becomes_ready_is_waited_for()
    {
        var asked = 0;
        var (problem, _) = await WaitAsync(new AskedTarget { Answers = (_, question) => question.Path == "/ready" && ++asked < 8 ? Answer(503) : Answer(200) });
        Assert.Null(problem);
        Assert.Equal(8, asked);
    }

    [Fact]
    public async Task Liveness_alone_does_not_make_ready()
    {
        var (problem, _) = await WaitAsync(new AskedTarget { Answers = (_, question) => Answer(question.Path == "/live" ? 200 : 503) });
        Assert.Equal("SD0704", problem?.Code);
    }

    [Fact]
    public async Task An_instance_that_exits_ends_the_wait_at_once()
    {
        var target = new AskedTarget
        {
            Instances = () => [Running(), Running("backend-2") with { Phase = "exited", ExitCode = 3, LastLog = "listening\nKeyError: 'DATABASE_URL'" }],
            Answers = (_, _) => Answer(503),
        };
        var (problem, took) = await WaitAsync(target);
        Assert.True(took < TimeSpan.FromSeconds(2), $"took {took}");
        Golden.Verify(ProblemText.Of(problem!), nameof(An_instance_that_exits_ends_the_wait_at_once));
    }

    [Theory]
    [InlineData(true, 0, "running", "SD0702")]
    [InlineData(false, 2, "running", "SD0703")]
    [InlineData(false, 0, "restarting", "SD0703")]
    [InlineData(false, 0, "dead", "SD0701")]
    public async Task A_hopeless_state_is_read_from_the_engine(bool outOfMemory, int restarts, string phase, string code)
    {
        var (problem, took) = await WaitAsync(new AskedTarget
        {
            Instances = () => [Running() with { OutOfMemory = outOfMemory, Restarts = restarts, Phase = phase }],
        });
        Assert.Equal((code, true), (problem?.Code, took < TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task An_answer_that_stays_503_is_quoted()
    {
        var (problem, took) = await WaitAsync(new AskedTarget
        {
            Instances = () => [Running(), Running("backend-2") with { LastLog = "waiting for redis:6379" }],
            Answers = (instance, _) => instance == "backend-1" ? Answer(200) : Answer(503, "redis is away\nsince 12 s"),
        });
        Assert.InRange(took, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(33));
        Golden.Verify(ProblemText.Of(problem!));
    }

    [Fact]
    public async Task Silence_is_told_apart_from_an_answer()
    {
        var (problem, _) = await WaitAsync(new AskedTarget { Answers = (_, _) => Silence("no answer within 5 s") });
        Golden.Verify(ProblemText.Of(problem!));
    }

    [Fact]
    public async Task The_old_version_in_the_new_slot_is_caught_at_once()
    {
        var (problem, took) = await WaitAsync(new AskedTarget { Answers = (_, _) => Answer(200, version: "v1") });
        Assert.True(took < TimeSpan.FromSeconds(1));
        Golden.Verify(ProblemText.Of(problem!));
    }

    [Fact]
    public async Task A_release_that_does_not_say_its_version_is_not_believed()
    {
        var (problem, _) = await WaitAsync(new AskedTarget { Answers = (_, _) => Answer(200, version: null) });
        Golden.Verify(ProblemText.Of(problem!));
    }

    [Fact]
    public async Task A_version_can_be_read_from_a_body()
    {
        var (problem, _) = await WaitAsync(
            new AskedTarget { Answers = (_, question) => Answer(200, question.Path == "/version" ? "{\"version\":\"v2\"}" : "ok", version: null) },
            new VersionProof.Body("/version"));
        Assert.Null(problem);
    }

    [Fact]
    public async Task An_empty_slot_is_a_problem() =>
        Assert.Equal("SD0708", (await WaitAsync(new AskedTarget { Instances = () => [] })).Problem?.Code);
}

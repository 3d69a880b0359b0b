using SafeDeploy.Config;
using SafeDeploy.Ports;
using SafeDeploy.Steps.VerifyHealth;
using static SafeDeploy.Tests.Health.Scenes;

namespace SafeDeploy.Tests.Health;

public sealed class HealthVerdictTests
{
    [Theory]
    [InlineData(InconclusivePolicy.Fail)]
    [InlineData(InconclusivePolicy.Hold)]
    [InlineData(InconclusivePolicy.Pass)]
    public void A_red_critical_gate_fails_whatever_the_policy(InconclusivePolicy policy)
    {
        var verdict = HealthVerdict.Of([Reading(Verdict.Pass), Reading(Verdict.Fail), Reading(Verdict.Inconclusive)], policy);
        Assert.Equal(Verdict.Fail, Assert.IsType<HealthVerdict.Unhealthy>(verdict).Reasons[0].Verdict);
    }

    [Fact]
    public void A_red_gate_that_is_not_critical_warns()
    {
        var verdict = HealthVerdict.Of([Reading(Verdict.Pass), Reading(Verdict.Fail, critical: false), Reading(Verdict.Inconclusive, critical: false)], InconclusivePolicy.Fail);
        Assert.Equal(2, Assert.IsType<HealthVerdict.Healthy>(verdict).Warnings.Length);
    }

    [Theory]
    [InlineData(InconclusivePolicy.Fail, typeof(HealthVerdict.Unhealthy))]
    [InlineData(InconclusivePolicy.Hold, typeof(HealthVerdict.Undecided))]
    [InlineData(InconclusivePolicy.Pass, typeof(HealthVerdict.Healthy))]
    public void No_data_is_neither_pass_nor_fail_and_the_policy_decides(InconclusivePolicy policy, Type expected) =>
        Assert.IsType(expected, HealthVerdict.Of([Reading(Verdict.Pass), Reading(Verdict.Inconclusive)], policy));

    [Fact]
    public void Nothing_asked_is_healthy() =>
        Assert.Empty(Assert.IsType<HealthVerdict.Healthy>(HealthVerdict.Of([], InconclusivePolicy.Fail)).Warnings);

    [Theory]
    [InlineData("v2", "v2")]
    [InlineData("\"v2\"\n", "v2")]
    [InlineData("{\"version\": \"v2\", \"commit\": \"x\"}", "v2")]
    [InlineData("{\"commit\": \"x\"}", null)]
    [InlineData("{not json", null)]
    [InlineData("", null)]
    [InlineData("<html>\n<body>", null)]
    public void A_body_names_its_version_as_text_or_as_a_member(string body, string? version) =>
        Assert.Equal(version, VersionCheck.Of(new VersionProof.Body("/version"), Answer(200, body)));
}

using System.Collections.Immutable;
using System.Text.Json;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Docker;

public sealed class SlotSpecTests
{
    private static readonly DockerSettings Settings = new(
        "backend", 8000, 2, ["serve", "--all"],
        ImmutableSortedDictionary<string, Secret>.Empty.Add("DATABASE_URL", new Secret("postgres://planted")),
        "backend.env", "app", [new WorkerSettings("celery", ["celery", "worker"], 2)],
        new FrontSettings.Managed(new ListenAddress("0.0.0.0", 80), "haproxy:lts"), KeepPolicy.Running,
        [new MountSettings(MountKind.Volume, "media", "/media", false)], new LimitSettings(new ByteSize(512 * 1024 * 1024), 1.5m),
        new Uri("unix:///var/run/docker.sock"), null, TimeSpan.FromSeconds(1.5), ImmutableSortedDictionary<string, string>.Empty.Add("team", "pos"));

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static SlotSpec Spec => SlotSpec.Of(Settings, "prod", "app", new Release("v2", "ghcr.io/acme/backend:v2", "sha256:ab", "m", null), "green", new DeploymentId("prod-7-1"));

    [Fact]
    public void What_the_ledger_keeps_names_variables_and_never_their_values()
    {
        Assert.DoesNotContain("planted", Spec.ToJson(), StringComparison.Ordinal);
        Golden.Verify(JsonSerializer.Serialize(JsonElement.Parse(Spec.ToJson()), Indented));
    }

    [Fact]
    public void A_spec_comes_back_from_the_ledger_as_it_went_in() => Assert.Equal(Spec.ToJson(), SlotSpec.Parse(Spec.ToJson()).ToJson());

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{ \"service\": 1 }")]
    public void A_spec_that_is_none_is_refused_by_its_code(string text) =>
        Assert.Equal(TargetProblems.SpecUnreadable, Assert.Throws<ProblemException>(() => SlotSpec.Parse(text)).Problem.Info);

    [Fact]
    public void Containers_are_made_as_the_engine_reads_it()
    {
        var env = ImmutableSortedDictionary<string, string>.Empty.Add("MODE", "prod");
        var containers = ContainerPlan.Web(Spec, "ghcr.io/acme/backend@sha256:ab", env).AddRange(ContainerPlan.Workers(Spec, "ghcr.io/acme/backend@sha256:ab", env));
        Assert.Equal(["backend-green-1", "backend-green-2", "backend-celery-green", "backend-celery-green-2"], containers.Select(c => c.Name));
        var first = containers[0].Make with { Labels = containers[0].Make.Labels.Where(l => l.Key != ContainerLabels.Spec).OrderBy(l => l.Key, StringComparer.Ordinal).ToDictionary() };
        Golden.Verify(JsonSerializer.Serialize(JsonSerializer.SerializeToElement(first, EngineJson.Default.CreateContainer), Indented));
    }
}

using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Problems;

namespace SafeDeploy.Tests.Docker;

public sealed class TargetProblemsTests
{
    private static readonly ProblemException[] One =
    [
        TargetProblems.EngineIsAway("unix:///var/run/docker.sock", "connection refused", null),
        TargetProblems.SocketIsDenied("unix:///var/run/docker.sock", null),
        TargetProblems.EngineRefusedCall("POST /containers/create", 500, "no space left on device"),
        TargetProblems.EngineTookTooLong("POST /containers/backend-blue-1/stop", TimeSpan.FromSeconds(40), null),
        TargetProblems.EngineIsTooOld("unix:///var/run/docker.sock", "1.39"),
        TargetProblems.ImageIsMissing("ghcr.io/acme/backend:v2", "manifest unknown"),
        TargetProblems.RegistryDenies("ghcr.io/acme/backend:v2", 403, "denied"),
        TargetProblems.RegistryIsAway("ghcr.io/acme/backend:v2", "no such host"),
        TargetProblems.PullHasFailed("ghcr.io/acme/backend@sha256:ab", "unexpected EOF"),
        TargetProblems.NameIsTaken("backend-blue-1", "a container of somebody else"),
        TargetProblems.EnvFileIsUnreadable("backend.env:3", "line 3 is not NAME=value"),
        TargetProblems.VariableIsGone("API_KEY", "v1"),
        TargetProblems.PortIsTaken("0.0.0.0:80", "container \"legacy\" (nginx:1.27)", "move it, once"),
        TargetProblems.FrontHasOtherSettings("backend-front", "listen", "0.0.0.0:80", "0.0.0.0:8080"),
        TargetProblems.FrontIsSilent("backend-front", "it is not running"),
        TargetProblems.NobodyServes("green", "the front reaches 0 of 2 running instances", "== backend-green-1: running\nlistening on 127.0.0.1:8000"),
        TargetProblems.SlotIsServing("blue", "removed"),
        TargetProblems.HasNoFront("holds traffic"),
        TargetProblems.SpecCanNotBeRead("the JSON ends early"),
        TargetProblems.StartHasFailed("backend-green-1", "exec: \"serve\": executable file not found in $PATH", ""),
        TargetProblems.InstanceIsUnknown("backend-green-3", "green", "it is not in the slot"),
        TargetProblems.CommandHasFailed("start", 4, "./start", "no such release"),
        TargetProblems.CommandTookTooLong("start", TimeSpan.FromMinutes(2), "./start", ""),
        TargetProblems.PrintedSomethingElse("current", "serving is \"red\", neither blue nor green", "./current", "{\"serving\":\"red\"}"),
        TargetProblems.WorkersDidNotEnd("blue", "backend-celery-blue"),
        TargetProblems.NoArtifact("backend-v2.tar.gz", "there is no such file or folder"),
        TargetProblems.CanNotUseFolder("/srv/backend/current", "Permission denied"),
    ];

    [Fact]
    public void Each_is_told_in_five_parts() => Golden.Verify(ProblemText.Of(One.Select(p => p.Problem)));

    [Fact]
    public void Each_of_the_catalogue_is_told_here() =>
        Assert.Equal(TargetProblems.All.Select(i => i.Code), One.Select(p => p.Problem.Code).Distinct().Order(StringComparer.Ordinal));
}

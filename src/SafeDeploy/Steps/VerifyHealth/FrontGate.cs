using SafeDeploy.Config;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Always there where a front is: it answers its readiness path, as the version that was deployed.</summary>
public sealed class FrontGate(HealthSettings settings, AskFront front) : IHealthGate
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public string Name => "front";

    public bool IsCritical => true;

    public async Task<GateReading> ReadAsync(GateScene scene, CancellationToken cancellation)
    {
        if (scene.Slot is not null)
            return Reading(Verdict.Pass, "not asked before the switch", "");
        var path = settings.Readiness ?? settings.Liveness ?? "/";
        var answer = await front(HttpQuestion.Get(path, Timeout), cancellation);
        if (answer.Status == 0)
            return Reading(Verdict.Fail, $"no answer: {answer.Error}", $"GET {path}");
        if (!answer.IsSuccess && settings.Readiness is not null)
            return Reading(Verdict.Fail, $"status {answer.Status}{HealthProblems.FirstLine(answer.Body)}", $"GET {path}");
        return await VersionAsync(scene, path, answer, cancellation);
    }

    private async Task<GateReading> VersionAsync(GateScene scene, string path, HttpAnswer answer, CancellationToken cancellation)
    {
        if (scene.ExpectedVersion is not { } expected || settings.Version is not { } proof)
            return Reading(Verdict.Pass, $"status {answer.Status}", "");
        if (proof is VersionProof.Body body)
        {
            path = body.Path;
            answer = await front(HttpQuestion.Get(path, Timeout), cancellation);
        }

        return VersionCheck.Of(proof, answer) switch
        {
            null => Reading(Verdict.Fail, $"no version in {VersionCheck.Words(proof)}", $"GET {path}"),
            { } found when found != expected => Reading(Verdict.Fail, $"version \"{found}\" answers, \"{expected}\" was deployed", $"GET {path}"),
            { } found => Reading(Verdict.Pass, $"status {answer.Status}, version {found}", ""),
        };
    }

    private GateReading Reading(Verdict verdict, string measured, string detail) =>
        new(Name, verdict, measured, settings.Version is null ? "an answer with success" : "an answer with success, as the expected version", detail, IsCritical);
}

using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class ReadinessIsConfigured : IPreflightCheck
{
    public string Name => "readiness";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<PreflightFinding>>([.. Findings(subject)]);

    private static IEnumerable<PreflightFinding> Findings(PreflightSubject subject)
    {
        if (subject.Target is null)
            yield break;
        if (subject.Config.Health?.Readiness is { } path)
            yield return new PreflightFinding.Good($"{path} proves that the new release is ready");
        else
            yield return new PreflightFinding.Warning(Warned(NothingProves,
                "traffic will move to a release that nothing proved ready", "health.readiness is not configured", "add health.readiness to safe-deploy.yml"));
    }
}

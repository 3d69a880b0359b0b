using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class ConnectionIsDirect : IPreflightCheck
{
    public string Name => "direct connection";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        PreflightFinding finding = subject.Facts.SessionsStable
            ? new PreflightFinding.Good("the same backend and its lock over two transactions")
            : new PreflightFinding.Refusal(Found(Pooled,
                "the session's lock or backend did not outlive a transaction: a pooler in transaction mode stands between", subject.Database.Display,
                "point database.url at the server itself, not at the pooler's port"));
        return Task.FromResult<IReadOnlyList<PreflightFinding>>([finding]);
    }
}

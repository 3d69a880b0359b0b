using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class ServerTakesWrites : IPreflightCheck
{
    public string Name => "server takes writes";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        var facts = subject.Facts;
        PreflightFinding finding = facts switch
        {
            { InRecovery: true } => new PreflightFinding.Refusal(Found(NotWritable,
                "the server is a standby in recovery", subject.Database.Display, "point database.url at the primary")),
            { ReadOnly: true } => new PreflightFinding.Refusal(Found(NotWritable,
                "sessions of this user are read-only by default", subject.Database.Display,
                $"alter role \"{facts.User}\" reset default_transaction_read_only; (or alter database \"{facts.Database}\" …)")),
            _ => new PreflightFinding.Good($"PostgreSQL {facts.VersionNumber / 10000}, primary"),
        };
        return Task.FromResult<IReadOnlyList<PreflightFinding>>([finding]);
    }
}

using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class NoInvalidIndexes : IPreflightCheck
{
    private const int Named = 5;

    public string Name => "invalid indexes";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        var invalid = subject.Facts.InvalidIndexes;
        PreflightFinding finding = invalid.IsEmpty
            ? new PreflightFinding.Good("none")
            : new PreflightFinding.Warning(Warned(InvalidIndex,
                $"{invalid.Length} indexes are invalid: {string.Join(", ", invalid.Take(Named))}{(invalid.Length > Named ? ", …" : "")}",
                subject.Database.Display, $"reindex index concurrently {invalid[0]};", string.Join('\n', invalid)));
        return Task.FromResult<IReadOnlyList<PreflightFinding>>([finding]);
    }
}

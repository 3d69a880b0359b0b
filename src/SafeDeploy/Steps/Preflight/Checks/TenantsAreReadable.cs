using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class TenantsAreReadable : IPreflightCheck
{
    private const int Named = 5;

    public string Name => "tenants";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<PreflightFinding>>([.. Findings(subject)]);

    private static IEnumerable<PreflightFinding> Findings(PreflightSubject subject)
    {
        if (subject.Config.Tenants is null)
            yield break;
        var list = subject.Tenants;
        var bad = list.Missing.Select(m => $"\"{m}\": there is no such schema").Concat(list.Refused.Select(r => $"\"{r.Name}\": {r.Why}")).ToArray();
        if (bad.Length > 0)
            yield return new PreflightFinding.Refusal(Found(TenantsUnreadable,
                $"{bad.Length} of {bad.Length + list.Tenants.Length} tenants can not be migrated",
                $"{string.Join("; ", bad.Take(Named))}{(bad.Length > Named ? $"; and {bad.Length - Named} more" : "")}",
                "correct the source of the tenants, or name them under tenants.exclude", string.Join('\n', bad.Take(50))));
        else if (list.Tenants.IsEmpty)
            yield return new PreflightFinding.Warning(Warned(NoTenant,
                "the source of the tenants gives no name", subject.Database.Display, "check tenants.query or tenants.schemas"));
        else
            yield return new PreflightFinding.Good($"{list.Tenants.Length} schemas");
    }
}

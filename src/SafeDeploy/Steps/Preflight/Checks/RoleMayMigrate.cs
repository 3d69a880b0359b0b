using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class RoleMayMigrate : IPreflightCheck
{
    private const int Listed = 20;

    public string Name => "privileges";

    public async Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        var scopes = subject.MigratedScopes;
        var missing = await subject.Database.MissingPrivilegesAsync(scopes, cancellation);
        if (missing.IsEmpty)
            return [new PreflightFinding.Good($"user \"{subject.Facts.User}\" may migrate {scopes.Count} schemas")];
        var grants = string.Join('\n', missing.Select(m => m.Grant).Distinct(StringComparer.Ordinal).Take(Listed));
        var more = missing.Length > Listed ? $"\n-- and {missing.Length - Listed} more" : "";
        return
        [
            new PreflightFinding.Refusal(Found(PrivilegesMissing,
                $"{missing[0].What}{(missing.Length > 1 ? $" (and {missing.Length - 1} more)" : "")}",
                $"{subject.Database.Display}, user \"{subject.Facts.User}\"", "run the statements below as an administrator", grants + more)),
        ];
    }
}

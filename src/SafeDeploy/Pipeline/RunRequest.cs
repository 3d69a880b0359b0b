using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>What one call asks for.</summary>
/// <param name="Only">One stage, or null for the whole chain.</param>
/// <param name="Deployment">From <c>--deployment</c>; overrides the identity.</param>
/// <param name="SkipBackup">Leaves the backup out; with pending migrations only with a written reason.</param>
/// <param name="Reason">Recorded with every override; may be empty.</param>
/// <param name="AcceptServing">The digest that a person names as what serves, though the ledger knows another.</param>
/// <param name="AcceptDrift">Tenants may differ from each other in structure; needs a reason.</param>
/// <param name="ParkFor">How long the deployment stays alive after a single stage.</param>
public sealed record RunRequest(
    StepName? Only,
    RunIdentity Run,
    string? Commit,
    DeploymentId? Deployment,
    bool SkipBackup,
    string Reason,
    string? AcceptServing,
    bool AcceptDrift,
    TimeSpan ParkFor);

/// <summary>How one call ended.</summary>
/// <param name="Conclusion">Null when there was nothing to do and no deployment is there whose end could be named.</param>
/// <param name="Deployment">Null when none was opened.</param>
/// <param name="History">The deployment's entries; empty when none was opened.</param>
public sealed record RunEnd(
    Conclusion? Conclusion, ExitCode Code, string Statement, ImmutableArray<Problem> Problems, DeploymentId? Deployment, LedgerHistory History)
{
    public static RunEnd Refused(params ImmutableArray<Problem> problems) =>
        new(Runs.Conclusion.Refused, ExitCode.Refused, problems[0].What, problems, null, LedgerHistory.Empty);
}

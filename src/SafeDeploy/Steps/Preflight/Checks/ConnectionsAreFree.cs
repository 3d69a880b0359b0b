using SafeDeploy.Config;
using static SafeDeploy.Steps.Preflight.PreflightProblems;

namespace SafeDeploy.Steps.Preflight.Checks;

internal sealed class ConnectionsAreFree : IPreflightCheck
{
    // The ledger's session and its heartbeat, one that reads, and two for the application's own growth.
    private const int Reserve = 5;

    // `auto` goes down to two workers before it gives up.
    private const int LeastWorkers = 2;

    public string Name => "connections";

    public Task<IReadOnlyList<PreflightFinding>> CheckAsync(PreflightSubject subject, CancellationToken cancellation)
    {
        var facts = subject.Facts;
        var free = facts.MaxConnections - facts.ReservedConnections - facts.UsedConnections;
        var workers = subject.Config.Migrations.Parallel is Parallelism.Exactly exactly ? exactly.Tenants : LeastWorkers;
        var needed = workers + Reserve;
        PreflightFinding finding = free >= needed
            ? new PreflightFinding.Good($"{free} of {facts.MaxConnections} free, {needed} needed")
            : new PreflightFinding.Refusal(Found(ConnectionsMissing,
                $"{Math.Max(0, free)} of {facts.MaxConnections} connections are free, {needed} are needed ({workers} for tenants, {Reserve} in reserve)",
                $"{subject.Database.Display}: {facts.UsedConnections} in use, {facts.ReservedConnections} kept for superusers",
                "lower migrations.parallel, end idle sessions, or raise max_connections"));
        return Task.FromResult<IReadOnlyList<PreflightFinding>>([finding]);
    }
}

using System.Collections.Immutable;
using SafeDeploy.Ports;
using SafeDeploy.Runs;

namespace SafeDeploy.Integrations.DeployTargets.None;

/// <summary><c>deploy.target: none</c>: there is nothing to read, and asking for a change is a mistake of the caller's configuration.</summary>
public sealed class NoTarget : IDeployTarget
{
    public string Kind => "none";

    public bool CanHold => false;

    public void GuardWith(ILedgerHold hold)
    {
        // Nothing is ever changed here.
    }

    public Task<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation) => throw TargetProblems.NothingIsDeployed("resolve");

    public Task<TargetState> StateAsync(CancellationToken cancellation) => Task.FromResult(new TargetState(null, false, []));

    public Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation) => Task.FromResult<ImmutableArray<string>>([]);

    public Task PrepareAsync(string item, CancellationToken cancellation) => Task.CompletedTask;

    public string SpecOf(Release release, string slot, DeploymentId deployment) => "";

    public Task StartAsync(Release release, string slot, string spec, CancellationToken cancellation) => throw TargetProblems.NothingIsDeployed("start");

    public Task<ImmutableArray<InstanceState>> InstancesAsync(string slot, CancellationToken cancellation) => Task.FromResult<ImmutableArray<InstanceState>>([]);

    public Task<HttpAnswer> AskInstanceAsync(string slot, string instance, HttpQuestion question, CancellationToken cancellation) => throw TargetProblems.NothingIsDeployed("ask");

    public Task<HttpAnswer> AskFrontAsync(HttpQuestion question, CancellationToken cancellation) => throw TargetProblems.HasNoFront("can be asked");

    public Task SwitchAsync(string? toSlot, CancellationToken cancellation) => throw TargetProblems.NothingIsDeployed("switch");

    public Task HoldAsync(CancellationToken cancellation) => throw TargetProblems.HasNoFront("holds traffic");

    public Task StopWorkersAsync(string slot, CancellationToken cancellation) => Task.CompletedTask;

    public Task StartWorkersAsync(string slot, Release release, string spec, CancellationToken cancellation) => Task.CompletedTask;

    public Task<string> RemoveAsync(string slot, CancellationToken cancellation) => Task.FromResult("");

    public Task RetireAsync(string slot, CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

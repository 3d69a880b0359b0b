using System.Collections.Immutable;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>Nobody calls the release: the slot that runs is the one that serves.</summary>
public sealed class NoFront : IFront
{
    public bool CanHold => false;

    public Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation) => Task.FromResult<ImmutableArray<string>>([]);

    public Task PrepareAsync(string item, CancellationToken cancellation) => Task.CompletedTask;

    public Task<FrontMap?> ReadAsync(CancellationToken cancellation) => Task.FromResult<FrontMap?>(null);

    public Task LearnAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task SwitchAsync(string? toSlot, CancellationToken cancellation) => Task.CompletedTask;

    public Task HoldAsync(CancellationToken cancellation) => throw TargetProblems.HasNoFront("holds traffic");

    public Task DrainAsync(string slot, TimeSpan atMost, CancellationToken cancellation) => Task.CompletedTask;

    public Task<Uri> AddressAsync(CancellationToken cancellation) => throw TargetProblems.HasNoFront("can be asked");
}

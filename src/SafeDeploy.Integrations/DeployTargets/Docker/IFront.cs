using System.Collections.Immutable;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>What stands before the slots of a Docker target.</summary>
public interface IFront
{
    bool CanHold { get; }

    /// <summary>Items of <see cref="Ports.IDeployTarget.MissingAsync"/> that are the front's.</summary>
    Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation);

    Task PrepareAsync(string item, CancellationToken cancellation);

    /// <summary>The front's own word; null where it has none, and the containers' restart policies are believed.</summary>
    Task<FrontMap?> ReadAsync(CancellationToken cancellation);

    /// <summary>A release was started in a slot; its port may be another one than the former's.</summary>
    Task LearnAsync(CancellationToken cancellation);

    /// <summary>Returns when new requests go there; never moves traffic to a slot that accepts no connection.</summary>
    Task SwitchAsync(string? toSlot, CancellationToken cancellation);

    Task HoldAsync(CancellationToken cancellation);

    /// <summary>Waits, at most as long, until the slot answers no request any more.</summary>
    Task DrainAsync(string slot, TimeSpan atMost, CancellationToken cancellation);

    /// <summary>Where a user's request enters, as we reach it.</summary>
    Task<Uri> AddressAsync(CancellationToken cancellation);
}

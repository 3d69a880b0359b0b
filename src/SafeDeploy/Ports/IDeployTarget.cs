using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Runs;

namespace SafeDeploy.Ports;

/// <summary>Where releases run. Every method is safe to repeat; on failure the release that served before still serves.</summary>
/// <remarks>A target has two slots, <c>blue</c> and <c>green</c>; the free one takes the new release, the other keeps the old one warm.</remarks>
public interface IDeployTarget : IAsyncDisposable
{
    string Kind { get; }

    /// <summary>From now on every change asks first whether this process still holds the deployment.</summary>
    /// <remarks>Reading needs no hold. Called again after a take-over with the new hold.</remarks>
    void GuardWith(ILedgerHold hold);

    /// <summary>Whether traffic can be held (503 with Retry-After, or queued) while an incompatible release is brought in.</summary>
    bool CanHold { get; }

    /// <summary>Whether a release can be asked before it serves. False: it is proved after the switch, and goes back if it is not well.</summary>
    bool StartsBeside => true;

    /// <summary>What an image reference means now: pins the tag to a digest, asked of the registry, else of the engine.</summary>
    /// <exception cref="Problems.ProblemException">SD06xx: no such image, registry away, access denied, or a target without an engine.</exception>
    Task<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation);

    /// <summary>What is there and what serves, read live.</summary>
    Task<TargetState> StateAsync(CancellationToken cancellation);

    /// <summary>What has to exist once before a release can start: each named item becomes a recorded change. Empty when all is there.</summary>
    Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation);

    /// <summary>Makes one item that <see cref="MissingAsync"/> named.</summary>
    Task PrepareAsync(string item, CancellationToken cancellation);

    /// <summary>Everything needed to make the release's instances, as target-specific JSON for the ledger; secrets are references or redacted by the target.</summary>
    /// <param name="deployment">The deployment that starts them; written on every instance.</param>
    string SpecOf(Release release, string slot, DeploymentId deployment);

    /// <summary>Brings up all replicas in the slot beside what serves; returns when they are started, not when they are ready.</summary>
    /// <param name="spec">From <see cref="SpecOf"/> of this run, or of the ledger on the way back: the same instances as then.</param>
    Task StartAsync(Release release, string slot, string spec, CancellationToken cancellation);

    /// <summary>The instances of a slot with a way to ask each one directly. Empty when the slot is empty.</summary>
    Task<ImmutableArray<InstanceState>> InstancesAsync(string slot, CancellationToken cancellation);

    /// <summary>Asks one instance, from where it can be reached, without passing the front.</summary>
    Task<HttpAnswer> AskInstanceAsync(string slot, string instance, HttpQuestion question, CancellationToken cancellation);

    /// <summary>Asks through the front door, as a user would. Fails with SD06xx when the target has no front.</summary>
    Task<HttpAnswer> AskFrontAsync(HttpQuestion question, CancellationToken cancellation);

    /// <summary>Moves all new requests to the slot; the former slot drains and stays up. Persisted: a restart of the front serves the same slot. Also ends a hold.</summary>
    /// <param name="toSlot">Null = serve nobody (the way back of a first release).</param>
    Task SwitchAsync(string? toSlot, CancellationToken cancellation);

    /// <summary>Answers new requests with 503 and Retry-After until <see cref="SwitchAsync"/>.</summary>
    Task HoldAsync(CancellationToken cancellation);

    /// <summary>Stops the slot's workers and waits until they ended. Nothing to do without workers.</summary>
    Task StopWorkersAsync(string slot, CancellationToken cancellation);

    Task StartWorkersAsync(string slot, Release release, string spec, CancellationToken cancellation);

    /// <summary>Removes the slot's instances; saves their last logs and health log first.</summary>
    /// <returns>The evidence saved, for the ledger and the report; empty when the slot was empty.</returns>
    Task<string> RemoveAsync(string slot, CancellationToken cancellation);

    /// <summary>After the commit point: stops what served before, keeps its image from being pruned.</summary>
    Task RetireAsync(string slot, CancellationToken cancellation);
}

/// <param name="Digest"><c>sha256:…</c>: the manifest's where a registry knows it, else the engine's image id; null where the target knows no digests.</param>
/// <param name="Pinned">The reference that names exactly this image, e.g. <c>repo@sha256:…</c>. A release may carry either reference: targets start by the digest.</param>
/// <param name="Revision">From the image's labels, or null.</param>
public sealed record ResolvedImage(string Reference, string? Digest, string Pinned, string? Revision);

/// <param name="Serving">The slot that gets traffic, or null.</param>
/// <param name="Held">Traffic is held now.</param>
/// <param name="Slots">What runs or stands in each used slot.</param>
public sealed record TargetState(string? Serving, bool Held, ImmutableArray<SlotState> Slots)
{
    public SlotState? Slot(string? name) => Slots.FirstOrDefault(s => s.Slot == name);

    /// <summary>The slot to bring a new release up in.</summary>
    public string FreeSlot => Serving == "blue" ? "green" : "blue";
}

/// <param name="Deployment">The deployment that started it, from its label.</param>
public sealed record SlotState(string Slot, string Version, string? Image, string? Digest, string? Deployment, int Running, int Workers, string Spec)
{
    /// <summary>Whether this very release stands here, whatever the slot: one image may be released under two versions.</summary>
    public bool Is(ServingRelease release) => Version == release.Version && Digest == release.Digest;

    public ServingRelease AsServing() => new(Slot, Version, Image, Digest, Running, Spec);
}

/// <param name="Phase"><c>running</c>, <c>exited</c>, <c>restarting</c>, <c>created</c>, …</param>
/// <param name="LastLog">The last lines it wrote; read only when it is not running or unhealthy.</param>
public sealed record InstanceState(string Id, string Name, string Phase, int? ExitCode, int Restarts, bool OutOfMemory, string LastLog);

/// <param name="Timeout">For the whole exchange.</param>
public sealed record HttpQuestion(string Method, string Path, ImmutableArray<(string Name, string Value)> Headers, string? Body, TimeSpan Timeout)
{
    public static HttpQuestion Get(string path, TimeSpan timeout) => new("GET", path, [], null, timeout);
}

/// <summary>What came back, or that nothing did.</summary>
/// <param name="Status">0 when there was no answer; <see cref="Error"/> then says why (refused, timed out, reset).</param>
/// <param name="Body">At most the first 64 KiB.</param>
public sealed record HttpAnswer(int Status, ImmutableDictionary<string, string> Headers, string Body, TimeSpan Took, string Error)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    public static HttpAnswer None(string error, TimeSpan took) => new(0, ImmutableDictionary<string, string>.Empty, "", took, error);
}

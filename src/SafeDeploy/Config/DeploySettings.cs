using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>What is made to serve, and where.</summary>
/// <param name="Image">The image reference; null only for targets that have none.</param>
/// <param name="Version">What the release calls itself; the image's tag when not written. Null when neither is known.</param>
/// <param name="Maintenance">Whether an incompatible release may hold traffic.</param>
public sealed record DeploySettings(DeployTargetSettings Target, string? Image, string? Version, MaintenanceSettings Maintenance);

/// <param name="Allowed">False: a release that would need traffic held is refused.</param>
/// <param name="HoldWithin">The longest time that traffic is held.</param>
public sealed record MaintenanceSettings(bool Allowed, TimeSpan HoldWithin);

/// <summary>Where the release runs.</summary>
public abstract record DeployTargetSettings
{
    private DeployTargetSettings() { }

    /// <summary>Nothing is switched: migrations only.</summary>
    public sealed record None : DeployTargetSettings;

    public sealed record Docker(DockerSettings Settings) : DeployTargetSettings;

    public sealed record Command(CommandTargetSettings Settings) : DeployTargetSettings;

    public sealed record ReleaseDirectory(ReleaseDirectorySettings Settings) : DeployTargetSettings;
}

/// <summary>A folder of releases and a link to the one that serves.</summary>
/// <param name="Path">Holds <c>releases/</c>, <c>shared/</c> and the link <c>current</c>.</param>
/// <param name="Shared">Paths below <c>shared/</c> that every release sees at the same place.</param>
/// <param name="Reload">Restarts or reloads the service, after the link was switched; safe to repeat.</param>
/// <param name="Address">Where the service answers.</param>
/// <param name="Keep">How many releases that served are kept besides the one that does.</param>
/// <param name="Within">The longest time that a program may take.</param>
public sealed record ReleaseDirectorySettings(
    string Path,
    ImmutableArray<string> Shared,
    ImmutableArray<string> Reload,
    Uri Address,
    int Keep,
    TimeSpan Within,
    ImmutableArray<string>? Hold = null,
    ImmutableArray<string>? Release = null,
    ImmutableArray<string>? StartWorkers = null,
    ImmutableArray<string>? StopWorkers = null);

/// <summary>Programs that stand for a target; argument lists, documented environment, exit code 0 = done.</summary>
/// <param name="Current">Prints what runs and what serves as JSON (docs/guides/command-target.md); prints nothing before the first release.</param>
/// <param name="Start">Starts the new release beside the old one.</param>
/// <param name="Ready">Exits 0 once the new release is ready; null = judged by <c>health</c> alone.</param>
/// <param name="Switch">Moves traffic to the named release; safe to repeat.</param>
/// <param name="Hold">Holds traffic; null = cannot.</param>
/// <param name="Release">Lets held traffic go on; null = cannot.</param>
/// <param name="Stop">Stops the named release; safe to repeat.</param>
/// <param name="Within">The longest time that one of them may take.</param>
/// <param name="Resolve">Prints what the image reference means now: its digest; null = the reference is taken as it is.</param>
/// <param name="StartWorkers">Starts the workers of the named release; null = there are none.</param>
/// <param name="StopWorkers">Stops the workers of the named release and waits for their end; null = there are none.</param>
public sealed record CommandTargetSettings(
    ImmutableArray<string> Current,
    ImmutableArray<string> Start,
    ImmutableArray<string>? Ready,
    ImmutableArray<string> Switch,
    ImmutableArray<string>? Hold,
    ImmutableArray<string>? Release,
    ImmutableArray<string> Stop,
    TimeSpan Within,
    ImmutableArray<string>? Resolve = null,
    ImmutableArray<string>? StartWorkers = null,
    ImmutableArray<string>? StopWorkers = null);

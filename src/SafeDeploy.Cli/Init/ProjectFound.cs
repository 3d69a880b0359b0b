using System.Collections.Immutable;

namespace SafeDeploy.Cli.Init;

/// <summary>What <c>init</c> found in a project, and in its database where a URL was given.</summary>
/// <param name="Name">Of the folder, as far as a project may be called so.</param>
/// <param name="Migrations">Folders that hold a whole migration set, with their layout.</param>
/// <param name="Port">What the Dockerfile exposes.</param>
/// <param name="Image">What the compose file calls the image that it builds; null when it names none.</param>
/// <param name="Readiness">A path that the sources name; null when none was found.</param>
/// <param name="History">The tool whose history table the database holds; null when none, or not asked.</param>
/// <param name="TenantPattern">What most schemas' names begin with, e.g. <c>tenant_*</c>; null when none, or not asked.</param>
public sealed record ProjectFound(
    string Name,
    ImmutableArray<FoundMigrations> Migrations,
    string? Dockerfile,
    int? Port,
    string? ComposeFile,
    string? Image,
    string? Readiness,
    string? Liveness,
    ImmutableArray<string> OtherEngines,
    Ci Ci,
    string? History,
    string? TenantPattern);

/// <param name="Path">Relative to the project, with forward slashes.</param>
public sealed record FoundMigrations(string Path, string Layout, int Count, bool IsOfTenants);

public enum Ci
{
    GitHub,
    AzurePipelines,
    GitLab,
}

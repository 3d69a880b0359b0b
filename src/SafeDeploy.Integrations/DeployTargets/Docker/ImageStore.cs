using System.Net;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>What image references mean, and images where the engine can start them.</summary>
public sealed class ImageStore(DockerEngine engine, RegistrySettings? registry)
{
    private const string RevisionLabel = "org.opencontainers.image.revision";

    /// <summary>The registry's word; the engine's own where no registry has one.</summary>
    public async Task<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation)
    {
        var image = ImageReference.Parse(reference);
        var local = await engine.FindImageAsync(reference, cancellation);
        var isOnlyHere = local is { RepoDigests: null or [] } && image.Host is null;
        if (local is not null && (isOnlyHere || image.Digest is not null))
            return Here(reference, image, local);
        var answer = await engine.AskRegistryAsync(image, LoginFor(image), cancellation);
        if (answer.Digest is { } digest)
            return new ResolvedImage(reference, digest, image.PinnedTo(digest), RevisionOf(await engine.FindImageAsync(image.PinnedTo(digest), cancellation)));
        // A registry that answers and refuses may have moved the tag meanwhile: what the engine holds is then no evidence.
        var refused = answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
        return local is not null && !(refused && image.Host is not null) ? Here(reference, image, local) : throw Unresolved(reference, answer);
    }

    /// <summary>Makes sure that the engine holds the image; the reference to create containers from, which no tag can move.</summary>
    /// <param name="digest">A manifest's digest or an image id; null = what the reference means now.</param>
    public async Task<string> EnsureAsync(string reference, string? digest, CancellationToken cancellation)
    {
        var image = ImageReference.Parse(reference);
        digest ??= (await ResolveAsync(reference, cancellation)).Digest ?? "";
        var pinned = image.PinnedTo(digest);
        if (await engine.FindImageAsync(pinned, cancellation) is not null)
            return pinned;
        if (await engine.FindImageAsync(digest, cancellation) is { } byId && byId.Id == digest)
            return digest;
        if (image.Repository.Length == 0)
            throw TargetProblems.ImageIsMissing(reference, "the engine does not hold this image id, and an id can not be pulled");
        await engine.PullAsync(image.Repository, digest, LoginFor(image), cancellation);
        return pinned;
    }

    private static ResolvedImage Here(string reference, ImageReference image, ImageDetails local)
    {
        var prefix = image.Repository + "@";
        var known = local.RepoDigests?.FirstOrDefault(d => d.StartsWith(prefix, StringComparison.Ordinal));
        var digest = image.Digest ?? known?[prefix.Length..] ?? local.Id;
        return new ResolvedImage(reference, digest, digest == local.Id ? digest : image.PinnedTo(digest), RevisionOf(local));
    }

    private static string? RevisionOf(ImageDetails? image) => image?.Config?.Labels?.GetValueOrDefault(RevisionLabel);

    private static Exception Unresolved(string reference, RegistryAnswer answer) => answer.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => TargetProblems.RegistryDenies(reference, (int)answer.Status, answer.Message),
        HttpStatusCode.NotFound or HttpStatusCode.BadRequest => TargetProblems.ImageIsMissing(reference, answer.Message),
        _ => TargetProblems.RegistryIsAway(reference, answer.Message),
    };

    /// <summary>The password goes to its own registry only.</summary>
    private RegistryLogin? LoginFor(ImageReference image) =>
        registry is not null && (registry.Server is null || registry.Server == image.Host)
            ? new RegistryLogin(registry.Username, registry.Password.Reveal(), registry.Server ?? image.Host)
            : null;
}

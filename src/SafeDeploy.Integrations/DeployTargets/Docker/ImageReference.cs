namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>An image reference in its parts: <c>[host/]path[:tag][@sha256:…]</c>.</summary>
/// <param name="Repository">Host and path as written, without tag and digest; empty for a bare image id.</param>
public sealed record ImageReference(string Repository, string? Tag, string? Digest)
{
    private const string IdPrefix = "sha256:";

    /// <summary>The registry's host as written, or null for the default registry.</summary>
    public string? Host
    {
        get
        {
            var slash = Repository.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
                return null;
            var first = Repository[..slash];
            return first == "localhost" || first.AsSpan().IndexOfAny('.', ':') >= 0 ? first : null;
        }
    }

    public static ImageReference Parse(string text)
    {
        if (text.StartsWith(IdPrefix, StringComparison.Ordinal))
            return new ImageReference("", null, text);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var digest = at < 0 ? null : text[(at + 1)..];
        var name = at < 0 ? text : text[..at];
        // A colon before the last slash belongs to the host's port.
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/')
            ? new ImageReference(name[..colon], name[(colon + 1)..], digest)
            : new ImageReference(name, null, digest);
    }

    /// <summary>The reference that names exactly one manifest.</summary>
    public string PinnedTo(string digest) => Repository.Length == 0 ? digest : $"{Repository}@{digest}";

    public override string ToString() =>
        Repository.Length == 0 ? Digest ?? "" : Digest is not null ? $"{Repository}@{Digest}" : $"{Repository}:{Tag ?? "latest"}";
}

using System.Globalization;
using System.Net;

namespace SafeDeploy.Config;

/// <summary>Single values that name a place: files, addresses, containers.</summary>
internal static class PlaceTypes
{
    public static readonly ScalarType File = ScalarTypes.Plain(
        "path", "a path, relative to the configuration file", text => text.Any(char.IsControl) ? "it holds a control character" : "");

    public static readonly ScalarType AbsolutePath = ScalarTypes.Plain(
        "path", "an absolute path such as /srv/media", text => text.StartsWith('/') ? "" : "it does not begin with /");

    public static readonly ScalarType HttpPath = ScalarTypes.Typed(
        "URL path", "a path that begins with / such as /health/readiness",
        text => text.StartsWith('/') && !text.Any(c => char.IsControl(c) || c is ' ' or '#') ? text : null, "^/[^ #]*$");

    public static readonly ScalarType HttpUrl = ScalarTypes.Typed(
        "URL", "an http:// or https:// address without user and query",
        text => Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Query.Length == 0 ? uri : null, "^https?://");

    public static readonly ScalarType Store = ScalarTypes.Typed(
        "store", "file:/// and an absolute folder that survives the runner, host:/// and one of the machine below this container, s3://bucket/prefix, or command",
        ReadStore, "^(file:///.|host:///.|s3://.|command$)");

    public static readonly ScalarType DockerHost = ScalarTypes.Typed(
        "URL", "unix:///path/to/docker.sock or tcp://host:port", ReadDockerHost, "^(unix:///|tcp://)");

    public static readonly ScalarType Listen = ScalarTypes.Typed(
        "port", "a port such as 8080, or an address and a port such as 127.0.0.1:8080", ReadListen);

    public static readonly ScalarType Port = ScalarTypes.Whole(1, 65535);

    /// <summary>What Docker accepts as a container's name, short enough to be followed by a release's number.</summary>
    public static readonly ScalarType Service = ScalarTypes.Typed(
        "name", "a name of at most 40 letters, digits, dots, dashes and underscores",
        text => IsName(text, 40) ? text : null, "^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$");

    public static readonly ScalarType Project = ScalarTypes.Typed(
        "name", "a name of at most 63 letters, digits, dots, dashes and underscores",
        text => IsName(text, 63) ? text : null, "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$");

    /// <remarks>Grammar: the distribution specification's "reference"; here only what no reference may hold is refused.</remarks>
    public static readonly ScalarType Image = ScalarTypes.Plain(
        "image", "an image reference such as ghcr.io/acme/backend:v2 or one with @sha256:…",
        text => text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ? "it holds a blank"
            : text.Contains("://", StringComparison.Ordinal) ? "an image reference has no scheme"
            : text.EndsWith(':') || text.EndsWith('@') || text.EndsWith('/') ? "it ends before the tag or name" : "");

    /// <remarks>RFC 9110 section 5.6.2, "token".</remarks>
    public static readonly ScalarType Header = ScalarTypes.Typed(
        "header name", "the name of an HTTP header such as X-App-Version",
        text => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
            ? text
            : null);

    private static bool IsName(string text, int longest) =>
        text.Length > 0 && text.Length <= longest && char.IsAsciiLetterOrDigit(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    // Bucket names: Amazon S3 user guide, "Bucket naming rules".
    private static Uri? ReadStore(string text)
    {
        if (text == "command")
            return new Uri("command:");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.Query.Length > 0)
            return null;
        var isFolder = text.StartsWith("file:///", StringComparison.Ordinal) && uri.LocalPath.Length > 1;
        var isBelow = text.StartsWith("host:///", StringComparison.Ordinal) && uri.AbsolutePath.Length > 1;
        var isBucket = text.StartsWith("s3://", StringComparison.Ordinal) && uri.Host.Length >= 3
            && uri.Host.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');
        return isFolder || isBelow || isBucket ? uri : null;
    }

    private static Uri? ReadDockerHost(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return null;
        var isSocket = text.StartsWith("unix:///", StringComparison.Ordinal) && uri.LocalPath.Length > 1;
        var isServer = uri.Scheme == "tcp" && uri.Host.Length > 0 && uri.Port > 0 && uri.UserInfo.Length == 0;
        return isSocket || isServer ? uri : null;
    }

    private static ListenAddress? ReadListen(string text)
    {
        var colon = text.LastIndexOf(':');
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            return null;
        if (colon < 0)
            return new ListenAddress("0.0.0.0", port);
        var address = text[..colon];
        var bare = address is ['[', .. var inner, ']'] ? inner : address;
        return IPAddress.TryParse(bare, out _) && bare.Contains(':', StringComparison.Ordinal) == address.StartsWith('[')
            ? new ListenAddress(address, port)
            : null;
    }
}

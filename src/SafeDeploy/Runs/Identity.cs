using System.Text.Json.Serialization;

namespace SafeDeploy.Runs;

/// <summary>Names one deployment: made from environment, the CI's run id, release fingerprint and attempt.</summary>
public readonly record struct DeploymentId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Who runs this process and where it can be watched; the same facts on every CI platform.</summary>
/// <param name="RunId">The CI's run id, or <c>local</c> outside CI.</param>
/// <param name="Url">Where the run can be read, or null outside CI.</param>
/// <param name="Actor">Who started it; the operating system's user outside CI.</param>
/// <param name="Host">Machine or container name.</param>
/// <param name="ProcessId">Of this process, on <paramref name="Host"/>.</param>
public sealed record RunIdentity(string RunId, Uri? Url, string Actor, string Host, int ProcessId);

/// <summary>What is to serve: version, image and the migrations that belong to it.</summary>
/// <param name="Version">The release's version as the configuration gives it, e.g. <c>v2.4.0</c>.</param>
/// <param name="Image">The reference asked for, or null where no image is deployed.</param>
/// <param name="Digest">What the reference meant at plan time (<c>sha256:…</c>), or null where no image is deployed.</param>
/// <param name="Migrations">Fingerprint of the migration set.</param>
/// <param name="Commit">The commit the release was made from, or null when unknown.</param>
public sealed record Release(string Version, string? Image, string? Digest, string Migrations, string? Commit)
{
    /// <summary>Short for people: version and the first 12 digits of the digest.</summary>
    [JsonIgnore]
    public string Display => Digest is null ? Version : $"{Version} ({Digest[..Math.Min(Digest.Length, 19)]})";
}

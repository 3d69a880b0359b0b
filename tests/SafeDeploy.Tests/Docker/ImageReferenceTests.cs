using SafeDeploy.Integrations.DeployTargets.Docker;

namespace SafeDeploy.Tests.Docker;

public sealed class ImageReferenceTests
{
    [Theory]
    [InlineData("shop", "shop", null, null, null)]
    [InlineData("acme/shop:v1", "acme/shop", "v1", null, null)]
    [InlineData("ghcr.io/acme/shop:v1", "ghcr.io/acme/shop", "v1", null, "ghcr.io")]
    [InlineData("localhost/shop", "localhost/shop", null, null, "localhost")]
    [InlineData("127.0.0.1:5000/shop", "127.0.0.1:5000/shop", null, null, "127.0.0.1:5000")]
    [InlineData("127.0.0.1:5000/shop:v1", "127.0.0.1:5000/shop", "v1", null, "127.0.0.1:5000")]
    [InlineData("ghcr.io/acme/shop:v1@sha256:ab", "ghcr.io/acme/shop", "v1", "sha256:ab", "ghcr.io")]
    [InlineData("sha256:ab", "", null, "sha256:ab", null)]
    public void A_reference_is_read_in_its_parts(string text, string repository, string? tag, string? digest, string? host)
    {
        var image = ImageReference.Parse(text);
        Assert.Equal((repository, tag, digest, host), (image.Repository, image.Tag, image.Digest, image.Host));
    }

    [Theory]
    [InlineData("ghcr.io/acme/shop:v1", "ghcr.io/acme/shop@sha256:cd")]
    [InlineData("ghcr.io/acme/shop@sha256:ab", "ghcr.io/acme/shop@sha256:cd")]
    [InlineData("sha256:ab", "sha256:cd")]
    public void Pinning_keeps_the_repository_and_forgets_the_tag(string text, string pinned) =>
        Assert.Equal(pinned, ImageReference.Parse(text).PinnedTo("sha256:cd"));
}

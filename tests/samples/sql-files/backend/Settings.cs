using System.Globalization;
using System.Net;

namespace PointOfSale;

/// <summary>What the environment says. The image bakes in APP_VERSION and BEHAVIOUR, the deployment gives the rest.</summary>
/// <param name="Drain">From SIGTERM to the end: requests are still answered, connections are closed after their answer.</param>
/// <param name="BadAfter">How many requests a release that turns bad answers first, where no proxy header tells it earlier.</param>
internal sealed record Settings(
    string Version, Behaviour Behaviour, string Database, IPEndPoint Listen, string DefaultTenant, TimeSpan Drain, int BadAfter)
{
    public static Settings FromEnvironment(Func<string, string?> read) => new(
        Read(read, "APP_VERSION", "v1"),
        BehaviourNames.Parse(Read(read, "BEHAVIOUR", "good")),
        Read(read, "DATABASE_URL", "postgres://pos_app:pos_app@/pos?host=/run/postgresql"),
        new IPEndPoint(IPAddress.Parse(Read(read, "BIND", "0.0.0.0")), Number(Read(read, "PORT", "8000"))),
        Read(read, "DEFAULT_TENANT", "tenant_001"),
        TimeSpan.FromSeconds(double.Parse(Read(read, "DRAIN", "2"), CultureInfo.InvariantCulture)),
        Number(Read(read, "BAD_AFTER", "20")));

    private static string Read(Func<string, string?> read, string name, string otherwise) =>
        read(name) is { Length: > 0 } value ? value : otherwise;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

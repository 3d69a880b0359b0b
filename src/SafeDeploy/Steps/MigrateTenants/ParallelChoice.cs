using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.MigrateTenants;

/// <summary>How many tenants at once, and why.</summary>
public sealed record ParallelChoice(int Tenants, string Because)
{
    // Beyond two sessions a core of the server little is gained (measured: 2 to 4 sessions on two cores 1.3 to 1.4 times one).
    private const int Most = 8;

    /// <param name="cores">Of this machine; the server's are not known.</param>
    /// <param name="pending">Tenants to migrate.</param>
    public static ParallelChoice Of(Parallelism wanted, ServerFacts facts, int cores, int pending)
    {
        if (wanted is Parallelism.Exactly { Tenants: var asked })
            return new ParallelChoice(Math.Max(1, Math.Min(asked, pending)), "as configured");
        var free = Math.Max(0, facts.MaxConnections - facts.ReservedConnections - facts.UsedConnections);
        (int Limit, string Why)[] limits =
        [
            (cores, string.Create(CultureInfo.InvariantCulture, $"{cores} cores")),
            (free / 2, string.Create(CultureInfo.InvariantCulture, $"half of {free} free connections")),
            (pending, string.Create(CultureInfo.InvariantCulture, $"{pending} tenants")),
            (Most, string.Create(CultureInfo.InvariantCulture, $"never more than {Most}")),
        ];
        var least = limits.MinBy(limit => limit.Limit);
        return new ParallelChoice(Math.Max(1, least.Limit), $"auto: {least.Why}");
    }
}

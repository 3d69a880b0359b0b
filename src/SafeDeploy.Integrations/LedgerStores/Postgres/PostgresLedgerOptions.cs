using SafeDeploy.Reporting;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The times on which holders and those who meet them agree; all processes of an environment use the same.</summary>
/// <param name="RenewEvery">How often a holder renews its heartbeat.</param>
/// <param name="Ttl">A holder that could not renew for so long stops itself; others call it dead.</param>
/// <param name="FenceWithin">How long a take-over tries to end the former process's sessions.</param>
public sealed record PostgresLedgerOptions(TimeSpan RenewEvery, TimeSpan Ttl, TimeSpan FenceWithin)
{
    /// <summary>What facts quote passes it before it is written.</summary>
    public Redactor Redactor { get; init; } = Redactor.None;

    public static readonly PostgresLedgerOptions Default = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
}

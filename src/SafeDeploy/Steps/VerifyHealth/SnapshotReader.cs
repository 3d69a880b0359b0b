using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Steps.VerifyHealth;

/// <summary>Reads the world before anything is touched: what serves, how schemas are built, how well it is.</summary>
/// <param name="target">Null when no image is deployed.</param>
/// <param name="settings">Null when nothing is verified; no baseline and no row level security is then kept.</param>
/// <param name="front">Null when there is no front.</param>
public sealed class SnapshotReader(IDatabase database, IDeployTarget? target, HealthSettings? settings, AskFront? front, TimeProvider clock)
{
    public async Task<WorldSnapshot> ReadAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var state = target is null ? null : await target.StateAsync(cancellation);
        var serving = state?.Slot(state.Serving)?.AsServing();
        var baseline = settings is null || front is null || (target is not null && serving is null)
            ? null
            : await BaselineReader.ReadAsync(front, LatencyPath(settings), clock, cancellation);
        return new WorldSnapshot(
            serving, await database.FingerprintsAsync(scopes, cancellation), baseline, await RowSecurityAsync(scopes, cancellation));
    }

    // The baseline is of the path that a latency gate will ask; without one, of the front page.
    private static string LatencyPath(HealthSettings settings) =>
        settings.Gates.OfType<GateSettings.Http>().FirstOrDefault(g => g.P95 is not null)?.Path ?? "/";

    private async Task<ImmutableArray<RowSecurityNote>?> RowSecurityAsync(IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var tables = settings?.Gates.OfType<GateSettings.Rls>().SelectMany(g => g.Tables).Distinct(StringComparer.Ordinal).ToArray() ?? [];
        return tables.Length == 0 ? null : await RowSecurityNotes.ReadAsync(database, scopes, tables, cancellation);
    }
}

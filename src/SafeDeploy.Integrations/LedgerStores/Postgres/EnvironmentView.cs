using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Ledger;

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The state of an environment together with the row it was computed from.</summary>
/// <param name="Row">Null when nobody ever worked on the environment.</param>
internal sealed record EnvironmentView(EnvironmentState State, EnvironmentRow? Row)
{
    public static EnvironmentState Unknown(string environment) => new(environment, 0, HoldState.Free, null, null, null, null);

    public static async Task<EnvironmentView> ReadAsync(NpgsqlConnection connection, string environment, TimeSpan ttl, CancellationToken cancellation)
    {
        var row = await EnvironmentRow.ReadAsync(connection, environment, cancellation);
        if (row is null)
            return new EnvironmentView(Unknown(environment), null);
        var committed = await OneAsync(LedgerSql.Command(connection, LedgerRows.LastCommitted, LedgerSql.Text(environment)), cancellation);
        var current = row.Deployment is null
            ? null
            : await OneAsync(LedgerSql.Command(connection, LedgerRows.ByName, LedgerSql.Text(row.Deployment)), cancellation);
        var state = new EnvironmentState(environment, row.Epoch, row.State(ttl), current, committed, row.HeartbeatAge, row.ParkedUntil) { Holder = row.Holder };
        return new EnvironmentView(state, row);
    }

    public static async Task<DeploymentSummary?> OneAsync(NpgsqlCommand question, CancellationToken cancellation)
    {
        ImmutableArray<DeploymentSummary> found = await LedgerRows.SummariesAsync(question, cancellation);
        return found.Length == 0 ? null : found[0];
    }
}

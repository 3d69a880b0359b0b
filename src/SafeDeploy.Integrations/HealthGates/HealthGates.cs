using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.HealthGates.Http;
using SafeDeploy.Integrations.HealthGates.RowSecurity;
using SafeDeploy.Integrations.HealthGates.ShellCommand;
using SafeDeploy.Integrations.HealthGates.SqlQuery;
using SafeDeploy.Ports;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Integrations.HealthGates;

/// <summary>The one table of gates: kind → constructor.</summary>
/// <param name="Target">Null when no image is deployed.</param>
/// <param name="Front">Null when there is no front door.</param>
/// <param name="Folder">Where the configuration file lies.</param>
public sealed record HealthGates(
    IDatabase Database, TenantsSettings? Tenants, IDeployTarget? Target, AskFront? Front, ICommandRunner Runner, string Folder, TimeProvider Clock)
{
    /// <summary>The front's own gate first, then the configured ones in their order.</summary>
    public ImmutableArray<IHealthGate> All(HealthSettings settings)
    {
        var gates = ImmutableArray.CreateBuilder<IHealthGate>();
        if (Front is { } front)
            gates.Add(new FrontGate(settings, front));
        gates.AddRange(settings.Gates.Select(Of));
        return gates.ToImmutable();
    }

    private IHealthGate Of(GateSettings gate) => gate switch
    {
        GateSettings.Http http => new HttpGate(http, Target, Front, Clock),
        GateSettings.Sql sql => new SqlGate(sql, Database, Tenants),
        GateSettings.Rls rls => new RowSecurityGate(rls, Database, Tenants),
        GateSettings.Command command => new CommandGate(command, Runner, Folder),
        _ => throw new ArgumentOutOfRangeException(nameof(gate)),
    };
}

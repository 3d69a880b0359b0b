using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets;
using SafeDeploy.Integrations.DeployTargets.Docker;
using SafeDeploy.Integrations.DeployTargets.None;
using SafeDeploy.Integrations.DeployTargets.ShellCommand;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations;

/// <summary>Kind of target → its integration; the one place that knows all of them.</summary>
public static class DeployTargetTable
{
    public static IDeployTarget Create(DeployTargetSettings settings, TargetContext context) => settings switch
    {
        DeployTargetSettings.Docker docker => new DockerTarget(docker.Settings, context),
        DeployTargetSettings.Command command => new CommandTarget(command.Settings, context),
        DeployTargetSettings.None => new NoTarget(),
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings, null),
    };
}

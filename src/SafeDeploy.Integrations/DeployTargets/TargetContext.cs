using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.DeployTargets;

/// <summary>What every target is told of the run it works in.</summary>
/// <param name="BaseDirectory">The folder of the configuration file; relative paths start there.</param>
/// <param name="MachineName">Our own host name; inside a container it is how the engine knows us.</param>
public sealed record TargetContext(
    string Project, string Environment, string BaseDirectory, string MachineName, TimeProvider Time, ICommandRunner Commands);

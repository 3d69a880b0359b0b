using System.Globalization;
using SafeDeploy.Config;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;

namespace SafeDeploy.Integrations.DeployTargets.Docker;

/// <summary>What the managed front's container is made from. Pure.</summary>
public static class FrontContainer
{
    public static CreateContainer Of(
        DockerSettings settings, FrontSettings.Managed front, string environment, string network, string image, string listenLabel, string imageLabel)
    {
        var port = string.Create(CultureInfo.InvariantCulture, $"{HaproxyConfig.Listen}/tcp");
        return new CreateContainer
        {
            Image = image,
            // The image's own start script differs between images; the program's arguments do not.
            Entrypoint = ["haproxy"],
            Cmd = ["-W", "-db", "-f", HaproxyConfig.Path],
            Labels = new(settings.Labels, StringComparer.Ordinal)
            {
                [ContainerLabels.Service] = settings.Service,
                [ContainerLabels.Environment] = environment,
                [ContainerLabels.Role] = ContainerLabels.Front,
                [listenLabel] = front.Listen.ToString(),
                [imageLabel] = front.Image,
            },
            ExposedPorts = new() { [port] = new EmptyObject() },
            HostConfig = new CreateHostConfig
            {
                NetworkMode = network,
                RestartPolicy = new RestartPolicy(Fleet.Always),
                PortBindings = new() { [port] = [new PortBinding(front.Listen.Address, front.Listen.Port.ToString(CultureInfo.InvariantCulture))] },
            },
            NetworkingConfig = new CreateNetworking(new() { [network] = new CreateEndpoint([ContainerPlan.Front(settings.Service)]) }),
        };
    }
}

using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Integrations.DeployTargets.Docker.Engine;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores.Host;

/// <summary>A folder of the machine whose engine runs this container, reached through helpers that bind it.</summary>
/// <remarks>
/// A helper is a container of our own image, without a network, that lives for one call. Files come and go through the engine's
/// archive calls, which see a container's binds; nothing has to be mounted into the container that we run in.
/// </remarks>
/// <param name="folder">Absolute, on that machine.</param>
/// <param name="machine">Name of this machine: inside a container its own id.</param>
public sealed class HostFiles(string folder, DockerEngine engine, string machine, TimeProvider clock) : IRemoteFiles
{
    private const string Bound = "/store";
    private const string Role = "safe-deploy.role=backup-helper";
    private const string Until = "safe-deploy.until";
    private const int MostLines = 1_000_000;

    // Half a file never has the name: it arrives under another and is renamed when it is on the disk.
    private const string Arrive = "mkdir -p -m 700 \"$(dirname \"$1\")\"; chmod 600 \"$2\"; sync \"$2\"; mv -f \"$2\" \"$1\"; sync \"$(dirname \"$1\")\"";
    private const string List = "find . -mindepth 2 -maxdepth 2 -type f";
    private const string Delete = "rm -f \"$1\"; rmdir \"$(dirname \"$1\")\" 2>/dev/null || true";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(7);

    public string PlaceOf(string name) => $"host://{folder}/{name}";

    public Task PutAsync(string name, string file, CancellationToken cancellation)
    {
        var arriving = string.Create(CultureInfo.InvariantCulture, $".arriving-{Guid.NewGuid():N}");
        return HelpedAsync(name, [Arrive, name, arriving], async helper =>
        {
            await engine.PutFileAsync(helper, Bound, arriving, file, cancellation);
            return await RunAsync(helper, name, cancellation);
        }, cancellation);
    }

    public Task<bool> GetAsync(string name, string file, CancellationToken cancellation) =>
        HelpedAsync(name, [], helper => engine.CopyFileAsync(helper, $"{Bound}/{name}", file, cancellation), cancellation);

    public async Task<ImmutableArray<string>> ListAsync(string prefix, CancellationToken cancellation)
    {
        var printed = await HelpedAsync(prefix, [List], helper => RunAsync(helper, prefix, cancellation), cancellation);
        return [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line.StartsWith("./", StringComparison.Ordinal)).Select(line => line[2..])
            .Where(line => line.StartsWith(prefix, StringComparison.Ordinal) && line.Split('/') is [var set, var file] && SetNames.CanBe(set) && SetNames.CanBe(file))];
    }

    public Task DeleteAsync(string name, CancellationToken cancellation) =>
        HelpedAsync(name, [Delete, name], helper => RunAsync(helper, name, cancellation), cancellation);

    /// <summary>Helpers whose process was killed: their time is over.</summary>
    public async Task SweepAsync(string prefix, CancellationToken cancellation)
    {
        foreach (var helper in await engine.ContainersAsync([Role], cancellation))
            if (long.TryParse(helper.Label(Until), NumberStyles.None, CultureInfo.InvariantCulture, out var until) && until < clock.GetUtcNow().ToUnixTimeSeconds())
                await engine.RemoveAsync(helper.Id, cancellation);
    }

    private async Task<T> HelpedAsync<T>(string name, string[] script, Func<string, Task<T>> use, CancellationToken cancellation)
    {
        try
        {
            var helper = await HelperAsync(name, script, cancellation);
            try
            {
                return await use(helper);
            }
            finally
            {
                await engine.RemoveAsync(helper, CancellationToken.None);
            }
        }
        catch (ProblemException refused) when (refused.Problem.Info != BackupStoreProblems.StoreFailed)
        {
            throw new ProblemException(BackupStoreProblems.Refused(PlaceOf(name), $"the engine could not help: {refused.Problem.What}", refused.Problem.Evidence), refused);
        }
    }

    private async Task<string> HelperAsync(string name, string[] script, CancellationToken cancellation)
    {
        // The image is here for certain: we run from it.
        var self = await engine.FindContainerAsync(machine, cancellation) is { State.Running: true } found && found.Config.Hostname == machine
            ? found
            : throw new ProblemException(BackupStoreProblems.Refused(
                PlaceOf(name), "the engine does not know the container that this is", "", "mount the socket of the engine that runs this container, or choose another backup.store"));
        var make = new CreateContainer
        {
            Image = self.Image,
            Entrypoint = ["/bin/sh", "-ec", "umask 077; cd " + Bound + "; " + script.FirstOrDefault(":"), "sh"],
            Cmd = [.. script.Skip(1)],
            Labels = new(StringComparer.Ordinal)
            {
                [Role.Split('=')[0]] = Role.Split('=')[1],
                [Until] = (clock.GetUtcNow() + LongestLife).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            },
            HostConfig = new CreateHostConfig
            {
                NetworkMode = "none",
                RestartPolicy = new RestartPolicy("no"),
                Mounts = [new CreateMount("bind", folder, Bound, ReadOnly: false)],
            },
            NetworkingConfig = new CreateNetworking([]),
        };
        return await engine.CreateAsync(string.Create(CultureInfo.InvariantCulture, $"safe-deploy-backup-{Guid.NewGuid():N}"), make, cancellation)
            ?? throw new InvalidOperationException("a name that was never given is free");
    }

    /// <returns>What it printed.</returns>
    private async Task<string> RunAsync(string helper, string name, CancellationToken cancellation)
    {
        if (await engine.StartAsync(helper, cancellation) is { } refusal)
            throw new ProblemException(BackupStoreProblems.Refused(PlaceOf(name), "the helper container did not start", refusal));
        var code = await engine.WaitAsync(helper, Patience, cancellation);
        var printed = await engine.LogsAsync(helper, tty: false, MostLines, cancellation);
        return code == 0
            ? printed
            : throw new ProblemException(BackupStoreProblems.Refused(PlaceOf(name), $"the helper container ended with exit code {code}", printed.Trim()));
    }
}

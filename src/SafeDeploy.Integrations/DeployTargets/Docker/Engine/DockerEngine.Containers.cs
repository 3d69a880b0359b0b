using System.Formats.Tar;
using System.Net;
using System.Text;
using System.Text.Json;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

public sealed partial class DockerEngine
{
    /// <summary>All containers, stopped ones too, that carry every label (<c>key=value</c>).</summary>
    public Task<ContainerSummary[]> ContainersAsync(IEnumerable<string> labels, CancellationToken cancellation)
    {
        var filters = JsonSerializer.Serialize(new Dictionary<string, string[]> { ["label"] = [.. labels] }, EngineJson.Default.DictionaryStringStringArray);
        return GetAsync($"containers/json?all=1&filters={Escape(filters)}", EngineJson.Default.ContainerSummaryArray, cancellation);
    }

    /// <summary>The running containers, whoever owns them.</summary>
    public Task<ContainerSummary[]> RunningAsync(CancellationToken cancellation) =>
        GetAsync("containers/json", EngineJson.Default.ContainerSummaryArray, cancellation);

    /// <param name="idOrName">Null is returned when there is none.</param>
    public Task<ContainerDetails?> FindContainerAsync(string idOrName, CancellationToken cancellation) =>
        FindAsync($"containers/{Escape(idOrName)}/json", EngineJson.Default.ContainerDetails, cancellation);

    /// <summary>The new container's id; null when the name is taken.</summary>
    public async Task<string?> CreateAsync(string name, CreateContainer make, CancellationToken cancellation)
    {
        await BeforeChange(cancellation);
        var path = $"containers/create?name={Escape(name)}";
        using var answer = await CallAsync(HttpMethod.Post, path, Body(make, EngineJson.Default.CreateContainer), Quick, [HttpStatusCode.Conflict], cancellation);
        return answer.StatusCode == HttpStatusCode.Conflict
            ? null
            : (await ReadAsync(answer, EngineJson.Default.CreatedContainer, "POST /containers/create", cancellation)).Id;
    }

    /// <summary>Nothing to do when it runs. The engine's message when it can not be started, else null.</summary>
    public async Task<string?> StartAsync(string id, CancellationToken cancellation)
    {
        await BeforeChange(cancellation);
        HttpStatusCode[] refusals = [HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.Conflict, HttpStatusCode.InternalServerError];
        using var answer = await CallAsync(HttpMethod.Post, $"containers/{Escape(id)}/start", null, Quick * 2, refusals, cancellation);
        return Array.IndexOf(refusals, answer.StatusCode) < 0 ? null : await MessageAsync(answer, cancellation);
    }

    /// <summary>Its stop signal, then SIGKILL after <paramref name="grace"/>. Nothing to do when it is stopped or gone.</summary>
    public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, $"containers/{Escape(id)}/stop?t={Seconds(grace)}", null, grace + Quick, [HttpStatusCode.NotFound], cancellation);

    public Task KillAsync(string id, string signal, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, $"containers/{Escape(id)}/kill?signal={Escape(signal)}", null, Quick, [], cancellation);

    /// <summary>The exit code, once it is not running.</summary>
    public async Task<int> WaitAsync(string id, TimeSpan limit, CancellationToken cancellation)
    {
        using var answer = await CallAsync(HttpMethod.Post, $"containers/{Escape(id)}/wait", null, limit, [], cancellation);
        return (await ReadAsync(answer, EngineJson.Default.WaitedContainer, "POST /containers/wait", cancellation)).StatusCode;
    }

    /// <summary>With its anonymous volumes, running or not. Nothing to do when it is gone.</summary>
    public Task RemoveAsync(string id, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Delete, $"containers/{Escape(id)}?v=1&force=1", null, Quick * 2, [HttpStatusCode.NotFound], cancellation);

    public Task RenameAsync(string id, string name, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, $"containers/{Escape(id)}/rename?name={Escape(name)}", null, Quick, [], cancellation);

    /// <param name="policy"><c>no</c> or <c>unless-stopped</c>.</param>
    public Task SetRestartPolicyAsync(string id, string policy, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, $"containers/{Escape(id)}/update", Body(new UpdateContainer(new RestartPolicy(policy)), EngineJson.Default.UpdateContainer), Quick, [], cancellation);

    /// <summary>The last lines of stdout and stderr, in the order they were written.</summary>
    public async Task<string> LogsAsync(string id, bool tty, int tail, CancellationToken cancellation)
    {
        using var answer = await CallAsync(HttpMethod.Get, $"containers/{Escape(id)}/logs?stdout=1&stderr=1&tail={tail}", null, Quick, [HttpStatusCode.NotFound], cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return "";
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancellation);
        return tty ? Encoding.UTF8.GetString(bytes) : LogFrames.Text(bytes);
    }

    /// <summary>Writes text files into the container, running or not; missing folders are made.</summary>
    public async Task PutFilesAsync(string id, IReadOnlyDictionary<string, string> files, CancellationToken cancellation)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var folder in files.Keys.Select(path => path[1..path.LastIndexOf('/')]).Distinct(StringComparer.Ordinal))
                await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.Directory, folder + "/") { Mode = FolderMode }, cancellation);
            foreach (var (path, text) in files)
                await writer.WriteEntryAsync(
                    new UstarTarEntry(TarEntryType.RegularFile, path[1..]) { Mode = FileMode, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) }, cancellation);
        }
        tar.Position = 0;
        var content = new StreamContent(tar);
        content.Headers.ContentType = new("application/x-tar");
        await ChangeAsync(HttpMethod.Put, $"containers/{Escape(id)}/archive?path=/", content, Quick, [], cancellation);
    }

    /// <summary>Null when there is no such file.</summary>
    public async Task<string?> GetFileAsync(string id, string path, CancellationToken cancellation)
    {
        using var answer = await CallAsync(HttpMethod.Get, $"containers/{Escape(id)}/archive?path={Escape(path)}", null, Quick, [HttpStatusCode.NotFound], cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        await using var tar = new TarReader(await answer.Content.ReadAsStreamAsync(cancellation));
        var entry = await tar.GetNextEntryAsync(copyData: true, cancellation);
        if (entry?.DataStream is not { } data)
            return entry is null ? null : "";
        using var text = new StreamReader(data, Encoding.UTF8);
        return await text.ReadToEndAsync(cancellation);
    }

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
}

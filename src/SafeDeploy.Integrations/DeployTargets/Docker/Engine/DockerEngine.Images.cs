using System.Net;
using System.Text;
using System.Text.Json;

namespace SafeDeploy.Integrations.DeployTargets.Docker.Engine;

/// <summary>What a registry said, by way of the engine.</summary>
/// <param name="Digest">Of the manifest; null when the registry did not give one, with <paramref name="Status"/> and <paramref name="Message"/> saying why.</param>
public sealed record RegistryAnswer(string? Digest, HttpStatusCode Status, string Message);

public sealed partial class DockerEngine
{
    private static readonly TimeSpan PullLimit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan PullSilence = TimeSpan.FromMinutes(5);

    /// <param name="reference">A tag, <c>repo@sha256:…</c>, or an image id. Null when the engine does not hold it.</param>
    public Task<ImageDetails?> FindImageAsync(string reference, CancellationToken cancellation) =>
        FindAsync($"images/{Escape(reference)}/json", EngineJson.Default.ImageDetails, cancellation);

    /// <summary>Asks the registry which manifest the reference means, without pulling.</summary>
    public async Task<RegistryAnswer> AskRegistryAsync(ImageReference image, RegistryLogin? login, CancellationToken cancellation)
    {
        HttpStatusCode[] told = [HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.InternalServerError];
        using var answer = await CallAsync(HttpMethod.Get, $"distribution/{Escape(image.ToString())}/json", null, Quick, told, cancellation, AuthOf(login));
        if (!answer.IsSuccessStatusCode)
            return new RegistryAnswer(null, answer.StatusCode, await MessageAsync(answer, cancellation));
        var details = await ReadAsync(answer, EngineJson.Default.DistributionDetails, "GET /distribution", cancellation);
        return new RegistryAnswer(details.Descriptor.Digest, answer.StatusCode, "");
    }

    /// <summary>Pulls one manifest by its digest. A failure that the engine reports after it began to stream is noticed.</summary>
    public async Task PullAsync(string repository, string digest, RegistryLogin? login, CancellationToken cancellation)
    {
        await BeforeChange(cancellation);
        HttpStatusCode[] told = [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.InternalServerError];
        var path = $"images/create?fromImage={Escape(repository)}&tag={Escape(digest)}";
        using var answer = await CallAsync(HttpMethod.Post, path, null, PullLimit, told, cancellation, AuthOf(login));
        var reference = $"{repository}@{digest}";
        if (!answer.IsSuccessStatusCode)
            throw PullRefused(reference, answer.StatusCode, await MessageAsync(answer, cancellation));
        await FollowAsync(answer, reference, cancellation);
    }

    public Task TagAsync(string image, string repository, string tag, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, $"images/{Escape(image)}/tag?repo={Escape(repository)}&tag={Escape(tag)}", null, Quick, [], cancellation);

    private static Exception PullRefused(string reference, HttpStatusCode status, string message) => status switch
    {
        HttpStatusCode.NotFound => TargetProblems.ImageIsMissing(reference, message),
        HttpStatusCode.InternalServerError => TargetProblems.PullHasFailed(reference, message),
        _ => TargetProblems.RegistryDenies(reference, (int)status, message),
    };

    private async Task FollowAsync(HttpResponseMessage answer, string reference, CancellationToken cancellation)
    {
        using var silence = new CancellationTokenSource(PullSilence, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        try
        {
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(both.Token), Encoding.UTF8);
            while (await lines.ReadLineAsync(both.Token) is { } line)
            {
                silence.CancelAfter(PullSilence);
                if (ErrorIn(line) is { } message)
                    throw TargetProblems.PullHasFailed(reference, message);
            }
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw TargetProblems.EngineTookTooLong($"pull {reference}", PullSilence, late);
        }
        catch (IOException broken)
        {
            throw TargetProblems.PullHasFailed(reference, $"the connection to the engine broke: {broken.Message}");
        }
    }

    /// <summary>The error that one line of a progress stream tells of, or null.</summary>
    public static string? ErrorIn(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return null;
        try
        {
            var progress = JsonSerializer.Deserialize(line, EngineJson.Default.ProgressLine);
            return progress?.Detail?.Message ?? progress?.Error;
        }
        catch (JsonException)
        {
            return $"the engine's stream was cut: {line}";
        }
    }

    private static string? AuthOf(RegistryLogin? login) => login is null
        ? null
        : Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(login, EngineJson.Default.RegistryLogin)).Replace('+', '-').Replace('/', '_');
}

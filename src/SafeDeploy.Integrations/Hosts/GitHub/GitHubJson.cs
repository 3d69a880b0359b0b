using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeDeploy.Integrations.Hosts.GitHub;

/// <summary>What is said to GitHub's REST interface and read from it; snake_case, only the fields that are used.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NewComment))]
[JsonSerializable(typeof(Comment[]))]
[JsonSerializable(typeof(ChangedFile[]))]
[JsonSerializable(typeof(NewCheckRun))]
[JsonSerializable(typeof(CheckRunUpdate))]
[JsonSerializable(typeof(Created))]
[JsonSerializable(typeof(NewDeployment))]
[JsonSerializable(typeof(StandingDeployment[]))]
[JsonSerializable(typeof(NewDeploymentStatus))]
[JsonSerializable(typeof(NewIssue))]
[JsonSerializable(typeof(Issue[]))]
[JsonSerializable(typeof(SarifUpload))]
internal sealed partial class GitHubJson : JsonSerializerContext;

public sealed record NewComment(string Body);

public sealed record Comment(long Id, string? Body);

/// <param name="Status">added, removed, modified, renamed, copied, changed or unchanged.</param>
public sealed record ChangedFile(string Filename, string Status, string? Patch);

public sealed record NewCheckRun(string Name, string HeadSha, string Status, string Conclusion, string? DetailsUrl, CheckRunOutput Output);

public sealed record CheckRunUpdate(string Status, string Conclusion, CheckRunOutput Output);

public sealed record CheckRunOutput(string Title, string Summary, ImmutableArray<CheckAnnotation> Annotations);

/// <param name="AnnotationLevel">notice, warning or failure.</param>
public sealed record CheckAnnotation(string Path, int StartLine, int EndLine, string AnnotationLevel, string Title, string Message);

public sealed record Created(long Id);

public sealed record NewDeployment(string Ref, string Environment, string Description, bool AutoMerge, ImmutableArray<string> RequiredContexts, DeploymentPayload Payload);

/// <summary>By it a deployment of ours is found again at GitHub.</summary>
/// <param name="SafeDeploy">The deployment's id in the ledger.</param>
public sealed record DeploymentPayload(string SafeDeploy);

/// <param name="Payload">An object, or a text: whatever its maker chose.</param>
public sealed record StandingDeployment(long Id, JsonElement Payload)
{
    /// <summary>The id in the ledger; null for a deployment that somebody else made.</summary>
    public string? SafeDeploy =>
        Payload.ValueKind == JsonValueKind.Object && Payload.TryGetProperty("safe_deploy", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
}

/// <param name="State">in_progress, success, failure or inactive.</param>
public sealed record NewDeploymentStatus(string State, string LogUrl, string Description, string? EnvironmentUrl, bool AutoInactive);

public sealed record NewIssue(string Title, string Body, ImmutableArray<string> Labels);

public sealed record Issue(int Number, string? Body);

/// <param name="Sarif">Compressed with gzip, then base64.</param>
public sealed record SarifUpload(string CommitSha, string Ref, string Sarif, string ToolName);

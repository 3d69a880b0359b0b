using System.Text.Json.Serialization;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>The values inside the patch of a work item.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WorkItemRelation))]
[JsonSerializable(typeof(string))]
internal sealed partial class WorkItemJson : JsonSerializerContext;

/// <param name="Rel"><c>Hyperlink</c> or <c>ArtifactLink</c>.</param>
public sealed record WorkItemRelation(string Rel, string Url, RelationAttributes Attributes);

public sealed record RelationAttributes(string Name);

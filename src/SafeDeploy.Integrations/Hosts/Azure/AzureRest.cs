using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SafeDeploy.Integrations.Hosts.Azure;

/// <summary>One conversation with the REST interface of Azure DevOps, service or server.</summary>
/// <remarks>learn.microsoft.com/rest/api/azure/devops: "Get started", "Rate and usage limits". Paths carry <c>api-version</c>.</remarks>
public sealed class AzureRest : RestConversation
{
    public const string Version = "api-version=7.1";

    /// <param name="collection"><c>https://dev.azure.com/ORGANIZATION/</c>, or the collection of a server.</param>
    /// <param name="token">Of the agent's SystemVssConnection.</param>
    public AzureRest(Uri collection, string token, TimeProvider time)
        : base(collection, time, followsRedirects: false)
    {
        Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Headers.Accept.ParseAdd("application/json");
        // Without it a token that is not accepted is answered with a page to sign in.
        Headers.Add("X-TFS-FedAuthRedirect", "Suppress");
    }

    protected override string Name => "Azure DevOps";

    /// <summary>What is listed here comes in one page; changes of an iteration say in their body where they go on.</summary>
    protected override Uri? NextOf(HttpResponseMessage answer) => null;

    /// <summary>Azure names the permission in its sentence alone.</summary>
    protected override string NeedsOf(HttpResponseMessage answer) => "";

    protected override string? MessageOf(JsonElement refusal) => TextOf(refusal, "message");

    /// <summary>203 and a redirection are the page to sign in.</summary>
    protected override bool IsDone(HttpResponseMessage answer) => answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.NonAuthoritativeInformation;

    /// <summary>A work item is described by a patch, which has its own type; the patch is an array of our own.</summary>
    protected override HttpContent Content<TBody>(TBody body, JsonTypeInfo<TBody> type) =>
        JsonContent.Create(body, type, body is WorkItemField[]? new MediaTypeHeaderValue("application/json-patch+json") : null);
}

using System.Net;

namespace SafeDeploy.Integrations.Hosts;

/// <summary>A CI host did not do what it was asked over its REST interface. The job's end never depends on it.</summary>
/// <param name="status">Null when nothing answered.</param>
/// <param name="needs">The permission that the host names, e.g. <c>issues=write</c>; empty when it names none.</param>
/// <param name="isPassing">Worth asking again.</param>
/// <param name="after">When the host wants to be asked again; null = it does not say.</param>
public sealed class RestRefusedException(HttpStatusCode? status, string message, string needs, bool isPassing, TimeSpan? after, Exception? inner = null)
    : Exception(message, inner)
{
    public HttpStatusCode? Status { get; } = status;

    public string Needs { get; } = needs;

    public bool IsPassing { get; } = isPassing;

    public TimeSpan? After { get; } = after;

    /// <summary>The token may not do it, or may not even see it.</summary>
    public bool IsPermission => Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound;
}

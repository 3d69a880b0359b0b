using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SafeDeploy.Runs;

namespace SafeDeploy.Ledger;

/// <summary>Makes the short name of a deployment; every process computes the same one, whatever its clock says.</summary>
public static class DeploymentIds
{
    private const int ReadableLength = 24;

    /// <summary>E.g. <c>prod-4f1c09ab7e21</c>; the second attempt of the same identity is <c>prod-4f1c09ab7e21.2</c>.</summary>
    public static DeploymentId Of(DeploymentIdentity identity, int attempt)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity.Key)))[..12];
        return Attempt($"{Readable(identity.Environment)}-{hash}", attempt);
    }

    /// <summary>The name that <c>--deployment</c> gave, with its attempt.</summary>
    public static DeploymentId Of(DeploymentId named, int attempt) => Attempt(named.Value, attempt);

    /// <summary>The identity of a deployment that was named instead of computed.</summary>
    public static string NamedKey(string environment, DeploymentId named) => $"{environment}|--deployment|{named.Value}";

    private static DeploymentId Attempt(string name, int attempt) =>
        new(attempt == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{attempt}"));

    private static string Readable(string environment)
    {
        var text = string.Concat(environment.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return text.Length > ReadableLength ? text[..ReadableLength].TrimEnd('-') : text.Length == 0 ? "env" : text;
    }
}

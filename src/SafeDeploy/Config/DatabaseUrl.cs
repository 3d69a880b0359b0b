using System.Collections.Immutable;
using System.Globalization;

namespace SafeDeploy.Config;

/// <summary>Takes a database address apart far enough to show it and to hide its password.</summary>
/// <param name="Display">Without password and parameters. Empty when <paramref name="Why"/> is not.</param>
/// <param name="Hidden">The password as written and as decoded; no sink may show them. May be empty.</param>
/// <param name="Why">Why the text is no address, never quoting it; empty when it is one.</param>
/// <remarks>Forms: PostgreSQL manual, libpq-connect "Connection URIs".</remarks>
internal sealed record DatabaseUrl(string Display, ImmutableArray<string> Hidden, string Why)
{
    public static DatabaseUrl Read(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || text[..scheme] is not ("postgres" or "postgresql"))
            return new DatabaseUrl("", Passwords(text), "it does not begin with postgres:// or postgresql://");
        var rest = text[(scheme + 3)..];
        var hidden = Passwords(text);
        var end = rest.IndexOfAny(['/', '?', '#']);
        var authority = end < 0 ? rest : rest[..end];
        var path = end < 0 ? "" : rest[end..].Split('?', '#')[0];
        var hosts = authority[(authority.LastIndexOf('@') + 1)..];
        var why = Objection(authority, hosts, path, rest);
        if (why.Length > 0)
            return new DatabaseUrl("", hidden, why);
        var user = authority.Contains('@', StringComparison.Ordinal) ? authority.Split(':', '@')[0] + "@" : "";
        return new DatabaseUrl($"{text[..scheme]}://{user}{hosts}{path}", hidden, "");
    }

    /// <summary>The passwords of any URL: before the <c>@</c>, or as a <c>password</c> parameter; as written and decoded.</summary>
    public static ImmutableArray<string> Passwords(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
            return [];
        var rest = text[(scheme + 3)..];
        var found = new List<string>();
        found.AddRange(UserInfoPasswords(rest).Where(password => password.Length > 0));
        foreach (var parameter in rest.Split('?', '&', '#').Skip(1))
        {
            if (parameter.Split('=', 2) is [var name, { Length: > 0 } value] && CredentialNames.IsCredential(name))
                found.Add(value);
        }

        return [.. found.Concat(found.Select(Uri.UnescapeDataString)).Distinct(StringComparer.Ordinal)];
    }

    // A password that is not percent-encoded may hold '@', '/', '?' or '#'; the last '@' still ends it. What follows a
    // colon and is no port is taken for one: to hide too much is the smaller harm.
    private static IEnumerable<string> UserInfoPasswords(string rest)
    {
        var end = rest.IndexOfAny(['/', '?', '#']);
        var authority = end < 0 ? rest : rest[..end];
        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        var at = authority.LastIndexOf('@');
        var last = at >= 0 || !ArePorts(authority) ? rest.LastIndexOf('@') : -1;
        return new[] { at, last }.Where(end => colon >= 0 && end > colon).Select(end => rest[(colon + 1)..end]);
    }

    private static string Objection(string authority, string hosts, string path, string rest)
    {
        if (rest.Any(c => char.IsControl(c) || c == ' '))
            return "it holds a blank or a control character";
        if (!authority.Contains('@', StringComparison.Ordinal) && !ArePorts(authority))
            return "what follows the host's colon is no port; a password with @ : / ? # must be percent-encoded";
        if (rest.Contains('#', StringComparison.Ordinal) || rest.Split('?')[0].LastIndexOf('@') > authority.Length)
            return "it holds a bare # or an @ behind the host; a password with @ : / ? # must be percent-encoded";
        if (authority.Count(c => c == '@') > 1 || authority.Split('@')[0].Count(c => c == ':') > 1)
            return "the user or password holds a bare @ or :, which must be percent-encoded";
        if (!ArePorts(hosts))
            return "its port is no number from 1 to 65535";
        return path.Length < 2 ? "it names no database" : "";
    }

    private static bool ArePorts(string hosts) => hosts.Split(',').All(host =>
    {
        var colon = host.LastIndexOf(':');
        if (colon < 0 || host.EndsWith(']'))
            return true;
        return int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is >= 1 and <= 65535;
    });
}

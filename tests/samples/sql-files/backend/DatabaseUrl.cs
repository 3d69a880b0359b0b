using System.Globalization;
using Npgsql;

namespace PointOfSale;

/// <summary>
/// <c>postgres://user:password@host:port/database?host=/socket/directory</c>: the form that other programs and the
/// configuration use. Npgsql reads keyword lists only, and <see cref="Uri"/> refuses the empty host of a socket address.
/// </summary>
internal static class DatabaseUrl
{
    public static NpgsqlDataSource Open(string url, string applicationName)
    {
        var settings = Parse(url);
        settings.ApplicationName = applicationName;
        settings.MaxPoolSize = 20;
        // A statement that waits for a migration's lock must fail like one, not hang the request for ever.
        settings.CommandTimeout = 10;
        settings.Timeout = 5;
        // The container has neither Kerberos nor certificates; the database is reached over a socket or loopback.
        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        settings.SslMode = SslMode.Disable;
        return NpgsqlDataSource.Create(settings);
    }

    internal static NpgsqlConnectionStringBuilder Parse(string url)
    {
        var rest = url.Split("://", 2) is ["postgres" or "postgresql", var after]
            ? after
            : throw new FormatException("DATABASE_URL does not begin with postgres://");
        var (main, query) = Cut(rest, '?');
        var (authority, database) = Cut(main, '/');
        var (user, place) = authority.LastIndexOf('@') is >= 0 and var at ? (authority[..at], authority[(at + 1)..]) : ("", authority);
        var (name, password) = Cut(user, ':');
        var (host, port) = Cut(place, ':');
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = host is "" ? "localhost" : Uri.UnescapeDataString(host),
            Database = Uri.UnescapeDataString(database),
        };
        if (name is not "")
            settings.Username = Uri.UnescapeDataString(name);
        if (password is not "")
            settings.Password = Uri.UnescapeDataString(password);
        if (port is not "")
            settings.Port = int.Parse(port, CultureInfo.InvariantCulture);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
            Set(settings, pair);
        return settings;
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string pair)
    {
        var (key, value) = Cut(pair, '=');
        value = Uri.UnescapeDataString(value);
        switch (key)
        {
            case "host": settings.Host = value; break;
            case "port": settings.Port = int.Parse(value, CultureInfo.InvariantCulture); break;
            case "user": settings.Username = value; break;
            case "password": settings.Password = value; break;
            default: throw new FormatException($"DATABASE_URL has the parameter {key}, which this backend does not know");
        }
    }

    private static (string Before, string After) Cut(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var index ? (text[..index], text[(index + 1)..]) : (text, "");
}

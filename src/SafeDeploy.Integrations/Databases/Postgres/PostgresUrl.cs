using System.Globalization;
using Npgsql;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Reads <c>postgres://user:password@host:port/database?parameter=value</c>; no message of it shows the password.</summary>
/// <remarks>The form is libpq's (PostgreSQL manual, libpq-connect "Connection URIs").</remarks>
public static class PostgresUrl
{
    private const int DefaultPort = 5432;

    /// <summary>Never pooled: sessions hold locks, and a session that was given back must be gone.</summary>
    public static NpgsqlConnectionStringBuilder Parse(string url)
    {
        var rest = AfterScheme(url);
        var (rest1, query) = Cut(rest, '?');
        var (authority, path) = Cut(rest1, '/');
        var at = authority.LastIndexOf('@');
        var settings = new NpgsqlConnectionStringBuilder { Pooling = false, Port = DefaultPort, KeepAlive = 15, Timeout = 15 };
        if (at >= 0)
            SetLogin(settings, authority[..at]);
        SetHost(settings, authority[(at + 1)..]);
        if (path.Length > 0)
            settings.Database = Decoded(path);
        foreach (var parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Cut(parameter, '=');
            SetParameter(settings, Decoded(name), Decoded(value));
        }

        return Complete(settings);
    }

    /// <summary>A source of unpooled connections, with the types the program uses and no more.</summary>
    /// <param name="purpose">What a person reads in pg_stat_activity, e.g. <c>safe-deploy/preflight</c>.</param>
    public static NpgsqlDataSource DataSource(NpgsqlConnectionStringBuilder settings, string purpose)
    {
        var named = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { ApplicationName = purpose, Pooling = false, Enlist = false };
        var builder = new NpgsqlSlimDataSourceBuilder(named.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        return builder.Build();
    }

    /// <summary><c>host:port/database</c>, for messages.</summary>
    public static string Display(NpgsqlConnectionStringBuilder settings) =>
        string.Create(CultureInfo.InvariantCulture, $"{settings.Host}:{settings.Port}/{settings.Database}");

    private static string AfterScheme(string url)
    {
        foreach (var scheme in (string[])["postgres://", "postgresql://"])
            if (url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
                return url[scheme.Length..];
        throw Bad("it does not begin with postgres:// or postgresql://");
    }

    private static void SetLogin(NpgsqlConnectionStringBuilder settings, string login)
    {
        var (user, password) = Cut(login, ':');
        if (user.Length > 0)
            settings.Username = Decoded(user);
        if (password.Length > 0)
            settings.Password = Decoded(password);
    }

    private static void SetHost(NpgsqlConnectionStringBuilder settings, string host)
    {
        if (host.Contains(',', StringComparison.Ordinal))
            throw Bad("it names several hosts; give the primary's alone");
        var colon = host.LastIndexOf(':');
        if (colon > host.LastIndexOf(']'))
        {
            settings.Port = Port(host[(colon + 1)..]);
            host = host[..colon];
        }

        if (host.Length > 0)
            settings.Host = Decoded(host.Trim('[', ']'));
    }

    private static void SetParameter(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        if (!SetAddress(settings, name, value) && !SetSecurity(settings, name, value))
            throw Bad($"the parameter \"{name}\" is not known here");
    }

    private static bool SetAddress(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        switch (name)
        {
            case "host": settings.Host = value; return true;
            case "port": settings.Port = Port(value); return true;
            case "user": settings.Username = value; return true;
            case "password": settings.Password = value; return true;
            case "dbname": settings.Database = value; return true;
            case "connect_timeout": settings.Timeout = Number(name, value, 1, 300); return true;
            // The program names its sessions itself, so that people and a take-over can tell them apart.
            case "application_name": return true;
            default: return false;
        }
    }

    private static bool SetSecurity(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        switch (name)
        {
            case "sslmode": settings.SslMode = Choice<SslMode>(name, value); return true;
            case "channel_binding": settings.ChannelBinding = Choice<ChannelBinding>(name, value); return true;
            case "gssencmode": settings.GssEncryptionMode = Choice<GssEncryptionMode>(name, value); return true;
            case "sslrootcert": settings.RootCertificate = value; return true;
            case "sslcert": settings.SslCertificate = value; return true;
            case "sslkey": settings.SslKey = value; return true;
            default: return false;
        }
    }

    /// <summary>libpq's words are the enum's in lower case, with dashes: <c>verify-full</c>.</summary>
    private static T Choice<T>(string name, string value)
        where T : struct, Enum
    {
        foreach (var choice in Enum.GetValues<T>())
            if (string.Equals(choice.ToString(), value.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
                return choice;
        var accepted = string.Join(", ", Enum.GetNames<T>().Select(Word));
        throw Bad($"the parameter \"{name}\" is one of {accepted}");
    }

    private static string Word(string choice) =>
        string.Concat(choice.Select((c, i) => i > 0 && char.IsUpper(c) && char.IsLower(choice[i - 1]) ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    private static NpgsqlConnectionStringBuilder Complete(NpgsqlConnectionStringBuilder settings)
    {
        if (string.IsNullOrEmpty(settings.Host))
            throw Bad("it names no host");
        if (string.IsNullOrEmpty(settings.Username))
            throw Bad("it names no user");
        if (string.IsNullOrEmpty(settings.Database))
            throw Bad("it names no database");
        return settings;
    }

    private static int Port(string text) => Number("port", text, 1, 65535);

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Bad(string.Create(CultureInfo.InvariantCulture, $"the {name} is not a number from {least} to {most}"));

    private static (string Before, string After) Cut(string text, char at)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, "") : (text[..index], text[(index + 1)..]);
    }

    private static string Decoded(string text) => Uri.UnescapeDataString(text);

    private static ProblemException Bad(string why) => new(LedgerProblems.UrlUnusable(why));
}

using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>A server on which databases of our own are made and dropped; the one that the URL names is never written to.</summary>
/// <remarks>
/// The run's own session carries the run's name as application_name for as long as the run lives. A database of ours whose
/// run has no session is what a killed run left, and is dropped by the next one.
/// </remarks>
public sealed class ScratchServer : IAsyncDisposable
{
    private const string Mark = "sd_rehearse_";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly NpgsqlConnection _control;
    private readonly TimeProvider _clock;
    private readonly string _run;
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);

    private ScratchServer(NpgsqlConnectionStringBuilder settings, NpgsqlConnection control, TimeProvider clock, string run)
    {
        (_settings, _control, _clock, _run) = (settings, control, clock, run);
        Display = PostgresUrl.Display(settings);
    }

    /// <summary>Host, port and database of the URL, without credentials.</summary>
    public string Display { get; }

    public int Major => _control.PostgreSqlVersion.Major;

    /// <summary>Connects, and drops what killed runs left behind.</summary>
    public static async Task<ScratchServer> OpenAsync(string url, TimeProvider clock, CancellationToken cancellation)
    {
        var settings = PostgresUrl.Parse(url);
        settings.IncludeErrorDetail = false;
        var run = Mark + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..12];
        NpgsqlConnection? control = null;
        try
        {
            control = await ConnectAsync(settings, settings.Database!, run, cancellation);
            var server = new ScratchServer(settings, control, clock, run);
            await server.SweepAsync(cancellation);
            return server;
        }
        catch (Exception failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(settings), opening: true) is { } problem)
        {
            if (control is not null)
                await control.DisposeAsync();
            throw new ProblemException(problem, failure);
        }
    }

    /// <summary>An empty database, or a copy of one that nobody is connected to.</summary>
    /// <param name="suffix">Tells the databases of one run apart.</param>
    public async Task<string> MakeAsync(string suffix, string? from, CancellationToken cancellation)
    {
        var name = $"{_run}_{suffix}";
        if (from is not null)
            await AloneAsync(from, cancellation);
        try
        {
            // Before it is made: a call that is cut off may have made it.
            _made.Add(name);
            await ExecuteAsync($"create database {Sql(name)} template {(from is null ? "template0" : Sql(from))}", cancellation);
            return name;
        }
        catch (PostgresException refused) when (from is null)
        {
            throw new ProblemException(ScratchProblems.NoDatabase(Display, refused.MessageText, refused.SqlState), refused);
        }
    }

    public async Task DropAsync(string name, CancellationToken cancellation)
    {
        await ExecuteAsync($"drop database if exists {Sql(name)} with (force)", cancellation);
        _made.Remove(name);
    }

    /// <summary>A session of its own in a database of ours.</summary>
    public Task<NpgsqlConnection> ConnectAsync(string database, CancellationToken cancellation) =>
        ConnectAsync(_settings, database, "safe-deploy/rehearse", cancellation);

    /// <summary>Names of the roles that exist now.</summary>
    public async Task<HashSet<string>> RolesAsync(CancellationToken cancellation) =>
        [.. await TextsAsync("select rolname::text from pg_catalog.pg_roles", cancellation)];

    /// <summary>Drops a role that a rehearsed migration made; false where something still hangs on it.</summary>
    public async Task<bool> DropRoleAsync(string role, CancellationToken cancellation)
    {
        if (QuotedName.TryParse(role, out _) is not { } name)
            return false;
        try
        {
            await ExecuteAsync($"drop role if exists {name.Sql}", cancellation);
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }

    /// <summary>Drops every database of this run, also after a failure.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var name in _made.ToArray())
                await DropAsync(name, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The server is away: the next run sweeps what stays.
        }

        await _control.DisposeAsync();
    }

    // A backend ends some time after its connection; a database that somebody is in can not be copied.
    private async Task AloneAsync(string database, CancellationToken cancellation)
    {
        for (var i = 0; i < 1000; i++)
        {
            await using var command = new NpgsqlCommand("select count(*) from pg_catalog.pg_stat_activity where datname = $1 and backend_type = 'client backend'", _control);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = database });
            if (await command.ExecuteScalarAsync(cancellation) is 0L)
                return;
            await Task.Delay(Poll, _clock, cancellation);
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        const string Left = """
            select d.datname::text from pg_catalog.pg_database d
            where d.datname ~ '^sd_rehearse_[0-9a-f]{12}_[a-z]+$' and pg_catalog.pg_has_role(d.datdba, 'USAGE')
              and not exists (select from pg_catalog.pg_stat_activity a where a.application_name = substr(d.datname, 1, 24))
            """;
        foreach (var name in await TextsAsync(Left, cancellation))
            await ExecuteAsync($"drop database if exists {Sql(name)} with (force)", cancellation);
    }

    private async Task<List<string>> TextsAsync(string sql, CancellationToken cancellation)
    {
        var texts = new List<string>();
        await using var command = new NpgsqlCommand(sql, _control);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            texts.Add(rows.GetString(0));
        return texts;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, _control) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<NpgsqlConnection> ConnectAsync(
        NpgsqlConnectionStringBuilder settings, string database, string name, CancellationToken cancellation)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = database, ApplicationName = name, Pooling = false, Enlist = false };
        var builder = new NpgsqlSlimDataSourceBuilder(own.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        // What the driver would ask of every new database: its types. Ours are the built-in ones.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        await using var source = builder.Build();
        return await source.OpenConnectionAsync(cancellation);
    }

    // Names of our own making: letters, digits and underscores.
    private static string Sql(string name) => QuotedName.TryParse(name, out _)!.Sql;
}

using System.Globalization;
using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>A new database on a server, built like another one and empty; dropped at the end unless it is kept.</summary>
internal sealed class ScratchDatabase : IAsyncDisposable
{
    // Encoding and locale decide how text sorts and which rows a unique index takes: as in the original (sql-createdatabase).
    // The provider and its locale have other columns in each major; a column that is not there is a null here (catalog-pg-database).
    private const string Like = """
        select pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'),
            coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', ''), coalesce(to_jsonb(d) ->> 'daticurules', ''),
            case when t.spcname <> 'pg_default' and has_tablespace_privilege(t.oid, 'create') then t.spcname::text else '' end
        from pg_database d join pg_tablespace t on t.oid = d.dattablespace where d.datname = current_database()
        """;

    private readonly NpgsqlDataSource _admin;
    private readonly QuotedName _name;
    private bool _isKept;

    private ScratchDatabase(NpgsqlDataSource admin, NpgsqlConnectionStringBuilder server, QuotedName name)
    {
        _admin = admin;
        _name = name;
        Server = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name.Value };
    }

    /// <summary>The new database, for sessions and tools.</summary>
    public NpgsqlConnectionStringBuilder Server { get; }

    public QuotedName Name => _name;

    /// <param name="original">The database whose encoding and locale it gets.</param>
    /// <param name="server">Where it is made; its database is only connected to.</param>
    public static async Task<ScratchDatabase> CreateAsync(
        NpgsqlDataSource original, NpgsqlConnectionStringBuilder server, string name, CancellationToken cancellation)
    {
        var admin = PostgresUrl.DataSource(server, "safe-deploy/scratch");
        var quoted = QuotedName.TryParse(name, out var why) ?? throw new FormatException(why);
        try
        {
            var like = await LikeAsync(original, IsSame(original, server), cancellation);
            await using var connection = await admin.OpenConnectionAsync(cancellation);
            var sql = $"create database {quoted.Sql} template template0 {like}";
            await using var create = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await create.ExecuteNonQueryAsync(cancellation);
            return new ScratchDatabase(admin, server, quoted);
        }
        catch (NpgsqlException failure)
        {
            await admin.DisposeAsync();
            throw new ProblemException(PgDumpProblems.ScratchRefused(PostgresUrl.Display(server), failure.Message), failure);
        }
    }

    /// <summary>It is somebody's database from now on.</summary>
    public void Keep() => _isKept = true;

    /// <summary>Dropped also after a cancellation: a copy of everybody's data is not left behind.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (_admin)
        {
            if (_isKept)
                return;
            try
            {
                await using var connection = await _admin.OpenConnectionAsync(CancellationToken.None);
                await using var drop = new NpgsqlCommand($"drop database if exists {_name.Sql} with (force)", connection) { CommandTimeout = 0 };
                await drop.ExecuteNonQueryAsync(CancellationToken.None);
            }
            catch (Exception gone) when (PostgresDatabaseFailure.Of(gone, "", opening: true) is not null)
            {
                // The server is away, or so full that it cannot even drop, which is told as the cause; what stays has a name by which the next call finds it.
                return;
            }
        }
    }

    private static bool IsSame(NpgsqlDataSource original, NpgsqlConnectionStringBuilder server) =>
        PostgresUrl.Display(new NpgsqlConnectionStringBuilder(original.ConnectionString)) == PostgresUrl.Display(server);

    /// <param name="isBeside">On the same server: there the original's tablespace is too. To name the default one takes a right that nobody needs to use it.</param>
    private static async Task<string> LikeAsync(NpgsqlDataSource original, bool isBeside, CancellationToken cancellation)
    {
        await using var connection = await original.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(Like, connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        var provider = row.GetString(3) switch
        {
            "i" => $" locale_provider icu icu_locale {Literal(row.GetString(4))}{(row.GetString(5).Length == 0 ? "" : $" icu_rules {Literal(row.GetString(5))}")}",
            "b" => $" locale_provider builtin builtin_locale {Literal(row.GetString(4))}",
            _ => "",
        };
        var tablespace = isBeside && QuotedName.TryParse(row.GetString(6), out _) is { } space ? $" tablespace {space.Sql}" : "";
        return $"encoding {Literal(row.GetString(0))} lc_collate {Literal(row.GetString(1))} lc_ctype {Literal(row.GetString(2))}{provider}{tablespace}";
    }

    /// <summary>A text as SQL writes it, where no parameter may stand (sql-syntax-lexical, "String Constants").</summary>
    public static string Literal(string text) => string.Create(CultureInfo.InvariantCulture, $"'{text.Replace("'", "''", StringComparison.Ordinal)}'");
}

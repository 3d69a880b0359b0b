using Npgsql;
using SafeDeploy.Migrations.Adoption;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>One look at a database that nothing is known of yet: which tool's history it holds, and how most of its schemas are called.</summary>
public static class DatabaseLook
{
    // Names and columns only: two tools call their table alike and differ in its columns.
    private const string Tables = """
        select c.relname, array_agg(a.attname::text)
        from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind = 'r' and c.relname = any($1)
        group by c.oid, c.relname
        """;

    private const string Prefixes = """
        select prefix from (
            select pg_catalog.substring(nspname::text, '^(.*[_-])[^_-]+$') as prefix
            from pg_catalog.pg_namespace
            where nspname !~ '^pg_' and nspname not in ('information_schema', 'public', 'safe_deploy')) named
        where prefix is not null
        group by prefix having count(*) >= 2
        order by count(*) desc, prefix limit 1
        """;

    /// <exception cref="ProblemException">The database does not answer, or the URL cannot be used.</exception>
    public static async Task<(string? History, string? TenantPattern)> AtAsync(string url, CancellationToken cancellation)
    {
        var settings = PostgresUrl.Parse(url);
        try
        {
            await using var source = PostgresUrl.DataSource(settings, "safe-deploy/init");
            var known = ForeignHistoryTables.All;
            string? history = null;
            await using (var command = source.CreateCommand(Tables))
            {
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. known.Select(table => table.Table).Distinct()] });
                await using var rows = await command.ExecuteReaderAsync(cancellation);
                while (history is null && await rows.ReadAsync(cancellation))
                {
                    var (name, columns) = (rows.GetString(0), rows.GetFieldValue<string[]>(1));
                    history = known.FirstOrDefault(table => table.Table == name && table.Columns.All(columns.Contains))?.Tool;
                }
            }

            await using var prefixes = source.CreateCommand(Prefixes);
            var prefix = await prefixes.ExecuteScalarAsync(cancellation) as string;
            return (history, prefix is null ? null : $"{prefix}*");
        }
        catch (NpgsqlException failure) when (PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(settings), opening: true) is not null)
        {
            throw new ProblemException(PostgresDatabaseFailure.Of(failure, PostgresUrl.Display(settings), opening: true)!, failure);
        }
    }
}

using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Asks the histories of thousands of scopes at once.</summary>
internal static class HistoryQueries
{
    // Grouped, so that a fleet that agrees costs one row a migration and four bytes a scope.
    private const string Applied =
        """
        select h.version, h.name, h.checksum, h.deployment, h.partial, s.rollback, s.header::text, array_agg(g.n::int)
        from unnest($1) with ordinality g(scope, n)
        join (select m.scope, m.version, m.name, m.checksum, m.deployment, m.script, false as partial from safe_deploy.migration m
              {0}) h on h.scope = g.scope
        left join safe_deploy.script s on s.id = h.script
        group by h.version, h.name, h.checksum, h.deployment, h.partial, s.id
        """;

    private const string Begun =
        "union all select p.scope, p.version, p.name, p.checksum, p.deployment, p.script, true from safe_deploy.progress p where p.direction = 'forward'";

    // Extensions bring tables of their own (pg_depend deptype e). A history table tells whose schema it is.
    private const string Unadopted =
        """
        select n.nspname, min(case c.relname
            when 'flyway_schema_history' then 'flyway' when '__diesel_schema_migrations' then 'diesel' when 'goose_db_version' then 'goose'
            when '_prisma_migrations' then 'prisma' when 'django_migrations' then 'django' when '__EFMigrationsHistory' then 'ef'
            when 'schema_migrations' then case when exists (
                select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = 'dirty') then 'golang-migrate' else 'dbmate' end end)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any ($1) and c.relkind in ('r', 'p')
          and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        group by n.nspname
        """;

    private const string HasProgress = "select pg_catalog.to_regclass('safe_deploy.progress') is not null, pg_catalog.to_regclass('safe_deploy.migration') is not null";

    public static async Task<ImmutableDictionary<Scope, ImmutableArray<AppliedMigration>>> AppliedAsync(
        NpgsqlDataSource source, IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var asked = scopes.ToArray();
        var found = Array.ConvertAll(asked, _ => ImmutableArray.CreateBuilder<AppliedMigration>());
        if (asked.Length > 0)
            await AskAsync(source, async connection =>
            {
                var (progress, history) = await TablesAsync(connection, cancellation);
                if (!history)
                    return;
                await using var command = LedgerSql.Command(connection, Text(progress), Names(asked));
                await using var rows = await command.ExecuteReaderAsync(cancellation);
                while (await rows.ReadAsync(cancellation))
                {
                    var applied = Row(rows);
                    foreach (var ordinal in await rows.GetFieldValueAsync<int[]>(7, cancellation))
                        found[ordinal - 1].Add(applied);
                }
            }, cancellation);
        return asked.Select((scope, i) => KeyValuePair.Create(scope, Ordered(found[i]))).ToImmutableDictionary();
    }

    public static async Task<ImmutableArray<UnadoptedScope>> UnadoptedAsync(NpgsqlDataSource source, IReadOnlyCollection<Scope> scopes, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<UnadoptedScope>();
        if (scopes.Count > 0)
            await AskAsync(source, async connection =>
            {
                await using var command = LedgerSql.Command(connection, Unadopted, Names([.. scopes]));
                await using var rows = await command.ExecuteReaderAsync(cancellation);
                while (await rows.ReadAsync(cancellation))
                    found.Add(new UnadoptedScope(Scope.Parse(rows.GetString(0)), rows.IsDBNull(1) ? null : rows.GetString(1)));
            }, cancellation);
        return found.ToImmutable();
    }

    private static async Task AskAsync(NpgsqlDataSource source, Func<NpgsqlConnection, Task> ask, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await ask(connection);
        }
        catch (NpgsqlException failure)
        {
            throw PostgresLedgerFailures.Of(failure, "the migration history (schema safe_deploy)");
        }
    }

    private static async Task<(bool Progress, bool History)> TablesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = LedgerSql.Command(connection, HasProgress);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return (row.GetBoolean(0), row.GetBoolean(1));
    }

    private static string Text(bool progress) => Applied.Replace("{0}", progress ? Begun : "", StringComparison.Ordinal);

    private static NpgsqlParameter Names(Scope[] scopes) => MoveCommands.Texts([.. scopes.Select(scope => scope.Schema)]);

    private static ImmutableArray<AppliedMigration> Ordered(ImmutableArray<AppliedMigration>.Builder rows)
    {
        rows.Sort((a, b) => a.Version.CompareTo(b.Version));
        return rows.ToImmutable();
    }

    private static AppliedMigration Row(NpgsqlDataReader row) => new(
        new MigrationVersion(row.GetString(0)), row.GetString(1), row.GetString(2),
        row.IsDBNull(5) ? null : row.GetString(5),
        row.IsDBNull(6) ? MigrationHeader.None : LedgerJson.ReadHeader(row.GetString(6)),
        row.IsDBNull(3) ? null : row.GetString(3), row.GetBoolean(4));
}

using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Risk.Rehearsal;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>Reads a whole database's catalogue as lines that can be compared, whatever order it was built in.</summary>
internal static class CatalogueReader
{
    // Expressions are deparsed under an empty search_path, so that every name is whole.
    private const string Settings = """
        select set_config('search_path', '', false), set_config('jit', 'off', false), set_config('row_security', 'off', false),
        set_config('DateStyle', 'ISO, MDY', false), set_config('IntervalStyle', 'postgres', false), set_config('TimeZone', 'UTC', false),
        set_config('quote_all_identifiers', 'off', false), set_config('standard_conforming_strings', 'on', false)
        """;

    private const string Schemas = """
        select n.nspname::text from pg_catalog.pg_namespace n
        where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\_toast%' and n.nspname not like 'pg\_temp%'
        """;

    private const string Deparsed = """
        select n.nspname::text, d.line from (
            select c.relnamespace as nsp, format('view |%s| %s', c.relname, pg_get_viewdef(c.oid)) as line from pg_class c where c.relkind in ('v', 'm')
            union all
            select c.relnamespace, format('rule |%s|%s|%s| %s', c.relname, r.rulename, r.ev_enabled, pg_get_ruledef(r.oid, true))
            from pg_class c join pg_rewrite r on r.ev_class = c.oid where r.rulename <> '_RETURN'
            union all
            select c.relnamespace, format('subquery policy |%s|%s| %s| %s', c.relname, p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
            from pg_class c join pg_policy p on p.polrelid = c.oid where p.polqual::text like '%{SUBLINK%' or p.polwithcheck::text like '%{SUBLINK%') d
        join pg_namespace n on n.oid = d.nsp where n.nspname = any($1)
        """;

    // What stands in no schema, and comments, which a fingerprint leaves out.
    private const string Rest = """
        select '', format('comment |%s| %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
        from pg_description d where (d.objoid >= 16384 or d.classoid = 'pg_namespace'::regclass and d.objoid = 2200)
            and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
            and d.classoid <> 'pg_extension'::regclass
        union all
        select '', format('%s |%s', o.type, o.identity)
        from (select 'pg_event_trigger'::regclass::oid as class, oid from pg_event_trigger union all select 'pg_publication'::regclass, oid from pg_publication
            union all select 'pg_publication_rel'::regclass, oid from pg_publication_rel
            union all select 'pg_cast'::regclass, oid from pg_cast where oid >= 16384 union all select 'pg_language'::regclass, oid from pg_language where oid >= 16384
            union all select 'pg_foreign_data_wrapper'::regclass, oid from pg_foreign_data_wrapper union all select 'pg_foreign_server'::regclass, oid from pg_foreign_server) k
        cross join lateral pg_identify_object(k.class, k.oid, 0) o
        where not exists (select from pg_depend e where e.classid = k.class and e.objid = k.oid and e.deptype = 'e')
        """;

    public static async Task<HashSet<CatalogueLine>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using (var settings = new NpgsqlCommand(Settings, connection))
            await settings.ExecuteNonQueryAsync(cancellation);
        var schemas = new List<string>();
        await using (var command = new NpgsqlCommand(Schemas, connection))
        await using (var rows = await command.ExecuteReaderAsync(cancellation))
        {
            while (await rows.ReadAsync(cancellation))
                schemas.Add(rows.GetString(0));
        }

        var lines = new HashSet<CatalogueLine>();
        var listed = FingerprintSql.Lines(connection.PostgreSqlVersion.Major) + "select l.schema::text, l.line from line l where l.line is not null";
        foreach (var query in (string[])[listed, Deparsed, Rest])
            await AddAsync(connection, query, query == Rest ? null : [.. schemas], lines, cancellation);
        return lines;
    }

    private static async Task AddAsync(NpgsqlConnection connection, string query, string[]? schemas, HashSet<CatalogueLine> lines, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(query, connection);
        if (schemas is not null)
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = schemas });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
            lines.Add(new CatalogueLine(rows.GetString(0), rows.GetString(1)));
    }
}

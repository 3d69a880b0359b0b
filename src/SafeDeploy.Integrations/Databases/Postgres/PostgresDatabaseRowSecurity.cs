using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>Flags and policies of named tables in many schemas, in one query.</summary>
internal static class PostgresDatabaseRowSecurity
{
    // Expressions are deparsed with an empty search_path, so the own schema stands before its objects and is taken off again:
    // the same policy then reads the same in every tenant.
    private const string Query = """
        select s.schema, t.name, c.oid is not null, coalesce(c.relrowsecurity, false), coalesce(c.relforcerowsecurity, false),
            coalesce((select array_agg(regexp_replace(
                    format('policy %I %s for %s to %s using (%s) check (%s)', p.polname,
                        case when p.polpermissive then 'permissive' else 'restrictive' end,
                        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
                        case when p.polroles = '{0}' then 'public'
                            else (select string_agg(quote_ident(r.rolname), ', ' order by r.rolname) from pg_roles r where r.oid = any(p.polroles)) end,
                        coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')),
                    '(?<![[:alnum:]_$"])' || regexp_replace(quote_ident(s.schema), '([^[:alnum:]_])', '\\\1', 'g') || '\.', '', 'g')
                order by p.polname) from pg_policy p where p.polrelid = c.oid), '{}')
        from unnest($1::text[]) with ordinality s(schema, place) cross join unnest($2::text[]) t(name)
        left join pg_namespace n on n.nspname = s.schema
        left join pg_class c on c.relnamespace = n.oid and c.relname = t.name and c.relkind in ('r', 'p')
        order by s.place, t.name
        """;

    public static Task<ImmutableArray<RowSecurity>> ReadAsync(
        PostgresDatabaseReader reader, IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<string> tables, CancellationToken cancellation) =>
        reader.ReadAsync("", canonical: true, (connection, token) => ReadAsync(connection, scopes, tables, token), cancellation);

    private static async Task<ImmutableArray<RowSecurity>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<string> tables, CancellationToken cancellation)
    {
        var bySchema = scopes.ToDictionary(s => s.Schema, StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(Query, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. scopes.Select(s => s.Schema)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. tables] });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<RowSecurity>(scopes.Count * tables.Count);
        while (await rows.ReadAsync(cancellation))
            found.Add(new RowSecurity(
                bySchema[rows.GetString(0)], rows.GetString(1), rows.GetBoolean(2), rows.GetBoolean(3), rows.GetBoolean(4),
                [.. rows.GetFieldValue<string[]>(5)]));
        return found.ToImmutable();
    }
}

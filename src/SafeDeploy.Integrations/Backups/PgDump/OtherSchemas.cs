using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>Schemas that are neither shared nor a tenant's (a registry, a queue): no deployment moves them, but a database without them is not whole.</summary>
/// <param name="Unreadable">Those that this user may not read all of; a dump of one would fail as a whole.</param>
internal sealed record OtherSchemas(ImmutableArray<Scope> Readable, ImmutableArray<string> Unreadable)
{
    // What an extension makes, it makes again. Row security that holds for the user would leave rows out, so pg_dump refuses it.
    private const string Question = """
        select n.nspname::text, has_schema_privilege(n.oid, 'USAGE') and not exists (
            select from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'm', 'S')
                and (not has_table_privilege(c.oid, 'SELECT') or row_security_active(c.oid)))
        from pg_namespace n
        where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'safe_deploy') and not starts_with(n.nspname, $2) and n.nspname <> all($1)
            and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
        order by 1
        """;

    public static async Task<OtherSchemas> ReadAsync(NpgsqlConnection connection, IEnumerable<Scope> known, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Question, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. known.Select(s => s.Schema)] },
                new NpgsqlParameter<string> { TypedValue = TenantSchema.KeptPrefix },
            },
        };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var (readable, unreadable) = (ImmutableArray.CreateBuilder<Scope>(), ImmutableArray.CreateBuilder<string>());
        while (await rows.ReadAsync(cancellation))
            if (rows.GetBoolean(1) && (rows.GetString(0) == "public" || TenantSchema.TryParse(rows.GetString(0), out _) is not null))
                readable.Add(Scope.Parse(rows.GetString(0)));
            else
                unreadable.Add(rows.GetString(0));
        return new OtherSchemas(readable.ToImmutable(), unreadable.ToImmutable());
    }
}

using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;

namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>What a migrating user needs and does not have. ALTER TABLE needs the owner, or membership of it (manual, sql-altertable).</summary>
internal static class PostgresDatabasePrivileges
{
    private const string Query = """
        select 'the user can not create schema safe_deploy for the ledger',
            format('grant create on database %I to %I;', current_database(), current_user), 1
        where to_regnamespace('safe_deploy') is null and not has_database_privilege(current_database(), 'CREATE')
        union all
        select 'the user can not keep the ledger in schema "safe_deploy"', format('grant %I to %I;', pg_get_userbyid(n.nspowner), current_user), 1
        from pg_namespace n where n.nspname = 'safe_deploy' and not pg_has_role(n.nspowner, 'USAGE')
            and not (has_schema_privilege(n.oid, 'USAGE') and has_schema_privilege(n.oid, 'CREATE'))
        union all
        select format('the user can not create objects in schema "%s"', n.nspname), format('grant usage, create on schema %I to %I;', n.nspname, current_user), 2
        from pg_namespace n where n.nspname = any($1) and not (has_schema_privilege(n.oid, 'USAGE') and has_schema_privilege(n.oid, 'CREATE'))
        union all
        select format('the user is not the owner of %s tables of %s schemas that belong to "%s"', count(*), count(distinct n.nspname), pg_get_userbyid(c.relowner)),
            format('grant %I to %I;', pg_get_userbyid(c.relowner), current_user), 3
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'S') and not pg_has_role(c.relowner, 'USAGE')
            and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
        group by c.relowner
        order by 3, 1
        """;

    public static Task<ImmutableArray<MissingPrivilege>> ReadAsync(
        PostgresDatabaseReader reader, IReadOnlyCollection<Scope> scopes, CancellationToken cancellation) =>
        reader.ReadAsync("", canonical: true, async (connection, token) =>
        {
            await using var command = new NpgsqlCommand(Query, connection);
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. scopes.Select(s => s.Schema)] });
            await using var rows = await command.ExecuteReaderAsync(token);
            var missing = ImmutableArray.CreateBuilder<MissingPrivilege>();
            while (await rows.ReadAsync(token))
                missing.Add(new MissingPrivilege(rows.GetString(0), rows.GetString(1)));
            return missing.ToImmutable();
        }, cancellation);
}

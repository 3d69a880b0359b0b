using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Migrations;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>What stands outside a schema and points at something in it: after a swap it would go on pointing at the old one.</summary>
internal static class TenantDependents
{
    // A foreign key out of the tenant has triggers on the table that it points at: they are where their constraint is.
    // Dependents without a schema of their own that live and die with what they depend on are inside: defaults, parts of operator classes.
    private const string Question = """
        with home as (select n.oid from pg_namespace n where n.nspname = $1),
        mine as (
            select 'pg_class'::regclass::oid as class, c.oid from pg_class c where c.relnamespace = (select oid from home)
            union all select 'pg_type'::regclass::oid, t.oid from pg_type t where t.typnamespace = (select oid from home)
            union all select 'pg_proc'::regclass::oid, p.oid from pg_proc p where p.pronamespace = (select oid from home)
            union all select 'pg_constraint'::regclass::oid, o.oid from pg_constraint o where o.connamespace = (select oid from home)
            union all select 'pg_namespace'::regclass::oid, oid from home),
        pointing as (
            select distinct d.classid, d.objid,
                case d.classid
                    when 'pg_class'::regclass then (select c.relnamespace from pg_class c where c.oid = d.objid)
                    when 'pg_type'::regclass then (select t.typnamespace from pg_type t where t.oid = d.objid)
                    when 'pg_proc'::regclass then (select p.pronamespace from pg_proc p where p.oid = d.objid)
                    when 'pg_constraint'::regclass then (select o.connamespace from pg_constraint o where o.oid = d.objid)
                    when 'pg_rewrite'::regclass then (select c.relnamespace from pg_rewrite r join pg_class c on c.oid = r.ev_class where r.oid = d.objid)
                    when 'pg_attrdef'::regclass then (select c.relnamespace from pg_attrdef a join pg_class c on c.oid = a.adrelid where a.oid = d.objid)
                    when 'pg_trigger'::regclass then (
                        select coalesce(o.connamespace, c.relnamespace) from pg_trigger t join pg_class c on c.oid = t.tgrelid
                        left join pg_constraint o on t.tgisinternal and o.oid = t.tgconstraint where t.oid = d.objid)
                    when 'pg_policy'::regclass then (select c.relnamespace from pg_policy p join pg_class c on c.oid = p.polrelid where p.oid = d.objid)
                    else (select n.oid from pg_namespace n where quote_ident(n.nspname) = (pg_identify_object(d.classid, d.objid, 0)).schema)
                end as space
            from pg_depend d join mine m on m.class = d.refclassid and m.oid = d.refobjid)
        select pg_describe_object(p.classid, p.objid, 0) from pointing p
        where p.space is distinct from (select oid from home)
          and p.space is distinct from 'pg_toast'::regnamespace::oid
          and not (p.space is null and p.classid in ('pg_default_acl'::regclass, 'pg_amop'::regclass, 'pg_amproc'::regclass))
        order by 1 limit 50
        """;

    /// <summary>At most fifty, described as the server does; empty = none.</summary>
    public static Task<ImmutableArray<string>> ReadAsync(NpgsqlConnection connection, Scope scope, CancellationToken cancellation) =>
        ReadAsync(connection, scope.Schema, cancellation);

    public static async Task<ImmutableArray<string>> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Question, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = schema } } };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<string>();
        while (await rows.ReadAsync(cancellation))
            found.Add(rows.GetString(0));
        return found.ToImmutable();
    }
}

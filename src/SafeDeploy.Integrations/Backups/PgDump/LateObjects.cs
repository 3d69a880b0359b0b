using System.Collections.Immutable;
using Npgsql;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>An object that can be made only after objects of other schemas are there.</summary>
/// <param name="Catalogue">The catalogue that has it, by its oid: what an archive's list names too.</param>
/// <param name="Round">1 = after everything that waits for nobody, 2 = after round 1, …</param>
public sealed record LateObject(long Catalogue, long Oid, int Round);

/// <summary>What does not follow the usual order "shared schema, then tenants": a view over several tenants, a tenant that reads another one.</summary>
/// <remarks>pg_dump orders what is inside one archive (pg_depend); a set has several, and of an object outside an archive its list knows nothing.</remarks>
internal static class LateObjects
{
    // A dependent without an entry of its own stands for the relation that it is written into: a view's rule, a default, a check.
    // The referential triggers on the table that a foreign key points at come with the key.
    private const string Question = """
        with recursive space as materialized (select n.oid, n.nspname = 'public' as shared from pg_namespace n where n.nspname = any($1)),
        obj(class, oid, space, whole) as materialized (
            select 'pg_class'::regclass::oid, c.oid, c.relnamespace, null::oid from pg_class c where c.relnamespace in (select s.oid from space s)
            union all select 'pg_type'::regclass, t.oid, t.typnamespace, null from pg_type t where t.typnamespace in (select s.oid from space s)
            union all select 'pg_proc'::regclass, p.oid, p.pronamespace, null from pg_proc p where p.pronamespace in (select s.oid from space s)
            union all select 'pg_constraint'::regclass, o.oid, o.connamespace, case o.contype when 'c' then nullif(o.conrelid, 0) end
                from pg_constraint o where o.connamespace in (select s.oid from space s)
            union all select 'pg_rewrite'::regclass, r.oid, c.relnamespace, case r.rulename when '_RETURN' then c.oid end
                from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relnamespace in (select s.oid from space s)
            union all select 'pg_attrdef'::regclass, a.oid, c.relnamespace, c.oid
                from pg_attrdef a join pg_class c on c.oid = a.adrelid where c.relnamespace in (select s.oid from space s)
            union all select 'pg_trigger'::regclass, t.oid, c.relnamespace, null
                from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal and c.relnamespace in (select s.oid from space s)
            union all select 'pg_policy'::regclass, p.oid, c.relnamespace, null
                from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace in (select s.oid from space s)),
        early as (
            select distinct a.class, a.oid, a.space, a.whole
            from pg_depend d join obj a on a.class = d.classid and a.oid = d.objid join obj b on b.class = d.refclassid and b.oid = d.refobjid
                join space sa on sa.oid = a.space join space sb on sb.oid = b.space
            where a.space <> b.space and (sa.shared or not sb.shared)),
        late(class, oid, space, round) as (
            (select e.class, e.oid, e.space, 1 from early e
             union all select 'pg_class'::regclass, e.whole, e.space, 1 from early e where e.whole is not null)
            union
            select n.class, n.oid, a.space, l.round + (a.space <> l.space)::int
            from late l join pg_depend d on d.refclassid = l.class and d.refobjid = l.oid
                join obj a on a.class = d.classid and a.oid = d.objid
                cross join lateral (select a.class, a.oid union all select 'pg_class'::regclass, a.whole where a.whole is not null) n(class, oid)
            where l.round < 9)
        select l.class::bigint, l.oid::bigint, max(l.round) from late l group by 1, 2 order by 3, 1, 2
        """;

    /// <summary>Of these schemas; usually none.</summary>
    public static async Task<ImmutableArray<LateObject>> ReadAsync(NpgsqlConnection connection, string[] schemas, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Question, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = schemas } } };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = ImmutableArray.CreateBuilder<LateObject>();
        while (await rows.ReadAsync(cancellation))
            found.Add(new LateObject(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt32(2)));
        return found.ToImmutable();
    }
}

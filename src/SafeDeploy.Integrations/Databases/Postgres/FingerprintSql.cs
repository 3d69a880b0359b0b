namespace SafeDeploy.Integrations.Databases.Postgres;

/// <summary>The catalogue queries behind a structure fingerprint: one line of text an object, the same in every schema that is built the same.</summary>
/// <remarks>
/// Columns count by name, not by position; sequences by their parameters, not their value; owners and grants relative to the
/// schema's owner. Comments and members of extensions are left out. Names: PostgreSQL manual, "System Catalogs".
/// </remarks>
internal static class FingerprintSql
{
    /// <summary>All that reads the same under an empty search_path once the own schema's prefix is taken off. $1: schema names.</summary>
    public static string Lines(int major) => $"""
        with scope as materialized (
            select n.oid, n.nspname, n.nspowner, n.nspacl, quote_ident(n.nspname) || '.' as prefix
            from pg_namespace n where n.nspname = any($1)),
        relation as materialized (
            select c.*, s.nspname, s.nspowner from pg_class c join scope s on s.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I') and {NotOfExtension("pg_class", "c.oid")}),
        raw(nsp, line) as (
            {Relations}
            union all {Columns(major)}
            union all {Constraints}
            union all {Indexes(major)}
            union all {Sequences}
            union all {Types}
            union all {Functions(major)}
            union all {TriggersAndPolicies}
            union all {Others}),
        line(schema, line) as (
            select s.nspname, case when strpos(r.line, s.prefix) = 0 and strpos(s.prefix, '''') = 0 then r.line
                else {WithoutPrefix} end
            from scope s left join raw r on r.nsp = s.oid)
        """;

    /// <summary>Schema name, hash of its lines, and the relations that <see cref="Deparsed"/> has to be asked for.</summary>
    public const string Hashed = """
        select h.schema::text, h.hash, coalesce(d.relations, '{}') from (
            select l.schema, encode(sha256(convert_to(coalesce(string_agg(l.line, E'\n' order by l.line collate "C"), ''), 'UTF8')), 'hex') as hash
            from line l group by l.schema) h
        left join (
            select c.nspname, array_agg(c.oid::bigint) as relations from relation c
            where c.relkind in ('v', 'm') or c.relhasrules or exists (select from pg_policy p where p.polrelid = c.oid
                and (p.polqual::text like '%{SUBLINK%' or p.polwithcheck::text like '%{SUBLINK%'))
            group by c.nspname) d on d.nspname = h.schema
        order by h.schema
        """;

    public const string Listed = """
        select l.line from line l where l.line is not null order by l.line collate "C"
        """;

    /// <summary>
    /// What may name a relation and an alias alike (<c>a.id</c>): deparsed with the schema itself as search_path, so that its own
    /// names are bare. $1: the relations.
    /// </summary>
    public const string Deparsed = """
        select line from (
            select format('view |%s| %s', c.relname, pg_get_viewdef(c.oid)) as line
            from pg_class c where c.oid = any($1::oid[]) and c.relkind in ('v', 'm')
            union all
            select format('rule |%s|%s|%s| %s', c.relname, r.rulename, r.ev_enabled, pg_get_ruledef(r.oid, true))
            from pg_class c join pg_rewrite r on r.ev_class = c.oid where c.oid = any($1::oid[]) and r.rulename <> '_RETURN'
            union all
            select format('subquery policy |%s|%s| %s| %s', c.relname, p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
            from pg_class c join pg_policy p on p.polrelid = c.oid where c.oid = any($1::oid[])
                and (p.polqual::text like '%{SUBLINK%' or p.polwithcheck::text like '%{SUBLINK%')) t
        order by line collate "C"
        """;

    private static string Relations => $"""
        select c.relnamespace, format('relation |%s|%s|%s|rls=%s/%s|options=%s|identity=%s|method=%s|key= %s|bound= %s|parents= %s|owner=%s|acl=%s',
            c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
            (select string_agg(o, ',' order by o) from unnest(c.reloptions) o), c.relreplident, am.amname,
            case c.relkind when 'p' then pg_get_partkeydef(c.oid) end, pg_get_expr(c.relpartbound, c.oid),
            case when c.relispartition or c.relkind = 'r' then (select string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno)
                from pg_inherits i where i.inhrelid = c.oid) end,
            case when c.relowner = c.nspowner then '' else pg_get_userbyid(c.relowner) end, {AclOfRelation})
        from relation c left join pg_am am on am.oid = c.relam where c.relkind not in ('i', 'I')
        union all
        select s.oid, format('schema |%s', {AclOfSchema}) from scope s
        """;

    private static string AclOfRelation => $"""
        case when c.relacl is null or c.relacl = acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner) then '' else
            (select {AclText("c.relowner", "c.nspname")} from aclexplode(c.relacl) x left join pg_roles g on g.oid = x.grantee) end
        """;

    private static string AclOfSchema => $"""
        case when s.nspacl is null or s.nspacl = acldefault('n', s.nspowner) then '' else
            (select {AclText("s.nspowner", "s.nspname")} from aclexplode(s.nspacl) x left join pg_roles g on g.oid = x.grantee) end
        """;

    private static string Columns(int major) => $"""
        select c.relnamespace, format('column |%s|%I| %s|%s|default= %s|%s%s|collation= %s|storage=%s|%s|acl=%s', c.relname, a.attname,
            format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end, pg_get_expr(d.adbin, d.adrelid),
            a.attgenerated, a.attidentity,
            case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
            case when a.attstorage <> t.typstorage then a.attstorage end, {(major >= 14 ? "a.attcompression" : "''")},
            case when a.attacl is null then '' else
                (select {AclText("c.relowner", "c.nspname")} from aclexplode(a.attacl) x left join pg_roles g on g.oid = x.grantee) end)
        from relation c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        join pg_type t on t.oid = a.atttypid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
        """;

    // 18 keeps NOT NULL as constraints too; the column's line has it already.
    private const string Constraints = """
        select o.connamespace, format('constraint |%s|%s|%s|%s| %s', coalesce(c.relname, t.typname), o.conname, o.contype, o.convalidated,
            pg_get_constraintdef(o.oid))
        from pg_constraint o join scope s on s.oid = o.connamespace
        left join pg_class c on c.oid = o.conrelid left join pg_type t on t.oid = o.contypid
        where o.contype <> 'n' and (o.contypid <> 0 or exists (select from relation r where r.oid = o.conrelid))
        """;

    private static string Indexes(int major) => $"""
        select c.relnamespace, format('index |%s|%s|%s|%s|%s| %s', c.relname, i.indisvalid, i.indisclustered, i.indisreplident,
            {(major >= 15 ? "i.indnullsnotdistinct" : "''")}, pg_get_indexdef(c.oid))
        from relation c join pg_index i on i.indexrelid = c.oid where c.relkind in ('i', 'I')
        union all
        select e.stxnamespace, format('statistics |%s| %s', e.stxname, pg_get_statisticsobjdef(e.oid))
        from pg_statistic_ext e join scope s on s.oid = e.stxnamespace
        """;

    private const string Sequences = """
        select c.relnamespace, format('sequence |%s|%s|start=%s|by=%s|%s..%s|cache=%s|cycle=%s|owned by=%s', c.relname, q.seqtypid::regtype,
            q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle,
            (select string_agg(format('%s/%I', t.relname, a.attname), ',') from pg_depend d join pg_class t on t.oid = d.refobjid
                join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
        from relation c join pg_sequence q on q.seqrelid = c.oid
        """;

    private static string Types => $"""
        select t.typnamespace, format('type |%s|%s| %s|%s|default= %s|labels=%s|range= %s|acl=%s', t.typname, t.typtype,
            case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end, t.typnotnull, t.typdefault,
            (select string_agg(quote_literal(e.enumlabel), ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
            (select g.rngsubtype::regtype::text from pg_range g where g.rngtypid = t.oid),
            case when t.typacl is null or t.typacl = acldefault('T', t.typowner) then '' else
                (select {AclText("t.typowner", "s.nspname")} from aclexplode(t.typacl) x left join pg_roles g on g.oid = x.grantee) end)
        from pg_type t join scope s on s.oid = t.typnamespace
        where t.typtype in ('e', 'd', 'r', 'b') and t.typcategory <> 'A' and {NotOfExtension("pg_type", "t.oid")}
        """;

    private static string Functions(int major) => $"""
        select p.pronamespace, format('function |%s( %s)| %s|%s|%s|%s%s%s|%s|%s|config=%s|acl=%s| %s|%s', p.proname, pg_get_function_arguments(p.oid),
            pg_get_function_result(p.oid), p.prokind, l.lanname, case when p.proisstrict then 'strict ' end,
            case when p.prosecdef then 'definer ' end, case when p.proleakproof then 'leakproof' end, p.provolatile, p.proparallel,
            regexp_replace(array_to_string(p.proconfig, ';'),
                '(?<![[:alnum:]_])' || regexp_replace(quote_ident(s.nspname), '([^[:alnum:]_])', '\\\1', 'g') || '(?![[:alnum:]_])', '<schema>', 'g'),
            case when p.proacl is null or p.proacl = acldefault('f', p.proowner) then '' else
                (select {AclText("p.proowner", "s.nspname")} from aclexplode(p.proacl) x left join pg_roles g on g.oid = x.grantee) end,
            (select concat_ws(' ', a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggtranstype::regtype, a.agginitval) from pg_aggregate a where a.aggfnoid = p.oid),
            case when p.prokind <> 'a' then {(major >= 14 ? "coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)" : "p.prosrc")} end)
        from pg_proc p join scope s on s.oid = p.pronamespace join pg_language l on l.oid = p.prolang
        where {NotOfExtension("pg_proc", "p.oid")}
        """;

    // A constraint's own triggers are in the constraint's line; a policy with a subquery is in Deparsed.
    private const string TriggersAndPolicies = """
        select c.relnamespace, format('trigger |%s|%s|%s| %s', c.relname, g.tgname, g.tgenabled, pg_get_triggerdef(g.oid))
        from relation c join pg_trigger g on g.tgrelid = c.oid and not g.tgisinternal
        union all
        select c.relnamespace, format('policy |%s|%s|%s|%s|%s| %s| %s', c.relname, p.polname, p.polcmd, p.polpermissive,
            (select string_agg(coalesce(r.rolname, 'public'), ',' order by r.rolname) from unnest(p.polroles) o left join pg_roles r on r.oid = o),
            case when p.polqual::text not like '%{SUBLINK%' then pg_get_expr(p.polqual, p.polrelid) end,
            case when p.polwithcheck::text not like '%{SUBLINK%' then pg_get_expr(p.polwithcheck, p.polrelid) end)
        from relation c join pg_policy p on p.polrelid = c.oid
        """;

    // Operators, collations, text search objects and what later versions add: by name, so that none goes unseen.
    private const string Others = """
        select s.oid, format('other |%s|%s', o.type, o.name)
        from scope s join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = s.oid
        cross join lateral pg_identify_object(d.classid, d.objid, 0) o
        where d.classid not in ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_constraint'::regclass,
                'pg_statistic_ext'::regclass, 'pg_extension'::regclass, 'pg_default_acl'::regclass)
            and not exists (select from pg_depend e where e.classid = d.classid and e.objid = d.objid and e.deptype = 'e')
        union all
        select e.extnamespace, format('extension |%s|%s', e.extname, e.extversion) from pg_extension e join scope s on s.oid = e.extnamespace
        union all
        select a.defaclnamespace, format('default grants |%s|%s', a.defaclobjtype,
            (select string_agg(concat_ws(':', coalesce(g.rolname, 'public'), x.privilege_type, x.is_grantable), ',' order by g.rolname, x.privilege_type)
                from aclexplode(a.defaclacl) x left join pg_roles g on g.oid = x.grantee))
        from pg_default_acl a join scope s on s.oid = a.defaclnamespace
        """;

    private static string NotOfExtension(string catalogue, string oid) => $"""
        not exists (select from pg_depend e where e.classid = '{catalogue}'::regclass and e.objid = {oid} and e.deptype = 'e')
        """;

    /// <summary>An exploded ACL as text; the owner and a role called as the schema are not names, so that tenants compare.</summary>
    private static string AclText(string owner, string schema) => $"""
        string_agg(concat_ws(':', case when x.grantee = 0 then 'public' when x.grantee = {owner} then '<owner>'
            when g.rolname = {schema} then '<schema>' else g.rolname end, x.privilege_type, x.is_grantable), ',' order by g.rolname, x.privilege_type)
        """;

    // A deparsed name is preceded by one of these, so "a." is not taken out of "data.x". In a regclass literal a quote of the name is doubled.
    private static string WithoutPrefix => new[] { " ", "(", "''", ":", "[" }.Aggregate(
        "replace(r.line, replace(s.prefix, '''', ''''''), s.prefix)",
        (text, before) => $"replace({text}, '{before}' || s.prefix, '{before}')");
}

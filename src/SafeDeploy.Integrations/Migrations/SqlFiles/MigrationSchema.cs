using Npgsql;
using SafeDeploy.Integrations.Databases.Postgres;
using SafeDeploy.Integrations.LedgerStores.Postgres;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>What migrating adds to schema <c>safe_deploy</c>: the progress of what cannot be one transaction, and the checks that run on the server.</summary>
/// <remarks>Functions carry their version in their name: replacing one under a running migration fails with "tuple concurrently updated".</remarks>
internal static class MigrationSchema
{
    /// <summary>SQLSTATE: the transaction holds a lock outside the tenant's schema.</summary>
    public const string OutsideState = "SD002";

    /// <summary>SQLSTATE: the scope is not where the caller believes; another process has moved it.</summary>
    public const string MovedState = "SD003";

    // Where what is locked is. What is no relation is looked up by its oid, catalogue by catalogue: the lateral parts keep that an
    // index's work however many functions and types a database of thousands of tenants has.
    private const string Places =
        """
        select n.nspname, o.relname from safe_deploy.locked_1() l(oid, owner) join pg_catalog.pg_class c on c.oid = l.oid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_class o on o.oid = coalesce(l.owner, l.oid)
        union all
        select n.nspname, x.name from safe_deploy.objects_1() l(class, oid), lateral (
            select p.pronamespace, p.proname from pg_catalog.pg_proc p where l.class = 'pg_catalog.pg_proc'::regclass and p.oid = l.oid
            union all select t.typnamespace, t.typname from pg_catalog.pg_type t where l.class = 'pg_catalog.pg_type'::regclass and t.oid = l.oid and t.typcategory <> 'A'
            union all select s.oid, s.nspname from pg_catalog.pg_namespace s where l.class = 'pg_catalog.pg_namespace'::regclass and s.oid = l.oid
            union all select e.extnamespace, e.extname from pg_catalog.pg_extension e where l.class = 'pg_catalog.pg_extension'::regclass and e.oid = l.oid
            union all select y.collnamespace, y.collname from pg_catalog.pg_collation y where l.class = 'pg_catalog.pg_collation'::regclass and y.oid = l.oid
            union all select o.oprnamespace, o.oprname from pg_catalog.pg_operator o where l.class = 'pg_catalog.pg_operator'::regclass and o.oid = l.oid
            union all select g.cfgnamespace, g.cfgname from pg_catalog.pg_ts_config g where l.class = 'pg_catalog.pg_ts_config'::regclass and g.oid = l.oid
            union all select d.dictnamespace, d.dictname from pg_catalog.pg_ts_dict d where l.class = 'pg_catalog.pg_ts_dict'::regclass and d.oid = l.oid
            union all select m.stxnamespace, m.stxname from pg_catalog.pg_statistic_ext m where l.class = 'pg_catalog.pg_statistic_ext'::regclass and m.oid = l.oid
        ) x(namespace, name) join pg_catalog.pg_namespace n on n.oid = x.namespace
        """;

    /// <summary>A cursor keeps the snapshot of its DECLARE (sql-declare): it still sees what the migration dropped, renamed or moved.</summary>
    public const string Before = $"declare safe_deploy_before no scroll cursor for {Places}";

    // What is made or replaced without a lock: functions anywhere, looked for only when this transaction wrote pg_proc; in the shared
    // schema whatever is new, by the index of pg_depend.
    private const string Made =
        """
        select n.nspname, p.proname as relname from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where (current_setting('track_counts') = 'off'
            or pg_stat_get_xact_tuples_inserted('pg_catalog.pg_proc'::regclass) + pg_stat_get_xact_tuples_updated('pg_catalog.pg_proc'::regclass) > 0)
          and n.nspname <> the_schema and age(p.xmin) <= age(pg_current_xact_id()::xid) and safe_deploy.mine_1(p.xmin)
        union all
        select i.schema, i.name from pg_catalog.pg_depend d, lateral pg_identify_object(d.classid, d.objid, 0) i
        where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = to_regnamespace('public') and the_schema <> 'public'
          and d.classid <> 'pg_catalog.pg_class'::regclass and age(d.xmin) <= age(pg_current_xact_id()::xid) and safe_deploy.mine_1(d.xmin)
        """;

    private const string Present = "select pg_catalog.to_regprocedure('safe_deploy.guard_3(text,text[])') is not null";

    private const string Sql = $$"""
        create table if not exists safe_deploy.progress (
            scope         text not null,
            version       text not null,
            direction     text not null,
            -- How many segments are done, and whether the next one was begun.
            segment       integer not null,
            begun         boolean not null,
            name          text not null,
            checksum      text not null,
            script        text,
            deployment    text,
            primary key (scope, version));

        -- Relations this transaction holds in ROW EXCLUSIVE or stronger, each with the table it belongs to (an index's, an owned
        -- sequence's; null for a relation that is gone). Volatile plpgsql: it looks with a snapshot of its own, not the cursor's.
        create or replace function safe_deploy.locked_1() returns table (oid oid, owner oid)
            language plpgsql volatile set search_path = pg_catalog as $$
        begin
            return query
            select distinct l.relation, coalesce(
                (select i.indrelid from pg_index i where i.indexrelid = l.relation),
                (select d.refobjid from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = l.relation
                    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0 limit 1))
            from pg_locks l
            where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted
              and l.database = (select b.oid from pg_database b where b.datname = current_database())
              and l.mode in ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');
        end $$;

        -- What is no relation and was locked to be dropped, renamed, moved or changed: functions, types, schemas. Creating locks nothing
        -- of it; using it takes ACCESS SHARE at most.
        create or replace function safe_deploy.objects_1() returns table (class oid, oid oid)
            language plpgsql volatile rows 10 set search_path = pg_catalog as $$
        begin
            return query
            select distinct l.classid, l.objid from pg_locks l
            where l.pid = pg_backend_pid() and l.locktype = 'object' and l.granted
              and l.database = (select b.oid from pg_database b where b.datname = current_database())
              and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');
        end $$;

        -- Whether a row that this transaction sees was written by it, or by one of its subtransactions: what is in progress it alone sees.
        create or replace function safe_deploy.mine_1(the_xmin xid) returns boolean language plpgsql stable set search_path = pg_catalog as $$
        declare
            later constant integer := age(pg_current_xact_id()::xid) - age(the_xmin);
        begin
            return later between 0 and 1000000 and pg_xact_status((pg_current_xact_id()::text::bigint + later)::text::xid8) = 'in progress';
        exception when invalid_parameter_value then
            return false; -- a frozen row of a former round of transaction numbers: its number is still to come
        end $$;

        -- Fails when the transaction locked, made or replaced anything outside the tenant's schema, as it is now or as it was before.
        create or replace function safe_deploy.guard_3(the_schema text, the_shared text[]) returns void
            language plpgsql volatile set search_path = pg_catalog as $$
        declare
            before refcursor := 'safe_deploy_before';
            place record;
        begin
            for place in {{Places}} loop
                perform safe_deploy.inside_1(place.nspname, place.relname, the_schema, the_shared);
            end loop;
            for place in {{Made}} loop
                perform safe_deploy.inside_1(place.nspname, place.relname, the_schema, the_shared);
            end loop;
            loop
                fetch before into place;
                exit when not found;
                perform safe_deploy.inside_1(place.nspname, place.relname, the_schema, the_shared);
            end loop;
        end $$;

        create or replace function safe_deploy.inside_1(the_namespace text, the_relation text, the_schema text, the_shared text[]) returns void
            language plpgsql immutable set search_path = pg_catalog as $$
        begin
            if the_namespace = the_schema or the_namespace in ('safe_deploy', 'pg_catalog', 'information_schema')
                or the_namespace like 'pg\_toast%' or the_namespace like 'pg\_temp%' or the_namespace || '.' || the_relation = any (the_shared) then
                return;
            end if;
            raise exception '%.% is outside the tenant', the_namespace, the_relation
                using errcode = 'SD002', schema = the_namespace, table = the_relation;
        end $$;

        -- Takes a version out of a scope's history; fails when it is not there: somebody else has taken it out.
        create or replace function safe_deploy.forget_1(the_scope text, the_version text) returns void
            language plpgsql set search_path = pg_catalog as $$
        declare
            gone integer;
            open integer;
        begin
            delete from safe_deploy.migration m where m.scope = the_scope and m.version = the_version;
            get diagnostics gone = row_count;
            delete from safe_deploy.progress p where p.scope = the_scope and p.version = the_version;
            get diagnostics open = row_count;
            if gone + open = 0 then
                raise exception '% of % is not applied', the_version, the_scope using errcode = 'SD003';
            end if;
        end $$;

        -- One step of what cannot be one transaction; fails when the scope is not at the step before.
        create or replace function safe_deploy.advance_1(the_scope text, the_version text, the_direction text, the_segment integer, to_segment integer, to_begun boolean)
            returns void language plpgsql set search_path = pg_catalog as $$
        begin
            update safe_deploy.progress p set segment = to_segment, begun = to_begun
            where p.scope = the_scope and p.version = the_version and p.direction = the_direction and p.segment = the_segment;
            if not found then
                raise exception '% of % is not at step %', the_version, the_scope, the_segment using errcode = 'SD003';
            end if;
        end $$;
        """;

    /// <summary>Creates what is missing. Safe to repeat and to call from two processes at once.</summary>
    public static async Task EnsureAsync(FencedConnection session, CancellationToken cancellation)
    {
        await using (var present = LedgerSql.Command(session.Connection, Present))
            if (await present.ExecuteScalarAsync(cancellation) is true)
                return;
        await using var transaction = await session.Connection.BeginTransactionAsync(cancellation);
        await using (var alone = LedgerSql.Command(session.Connection, "lock table safe_deploy.script in share row exclusive mode"))
            await alone.ExecuteNonQueryAsync(cancellation);
        await using (var create = new NpgsqlCommand(Sql, session.Connection))
            await create.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }
}

namespace SafeDeploy.Integrations.LedgerStores.Postgres;

/// <summary>The tables of schema <c>safe_deploy</c>; every statement may run again.</summary>
public static class LedgerSchema
{
    /// <summary>SQLSTATE raised by <c>safe_deploy.fence</c> when another process took over.</summary>
    public const string FencedState = "SD001";

    /// <summary>Raised with every change of <see cref="Sql"/>; a schema that has it is left alone.</summary>
    /// <remarks>CREATE INDEX IF NOT EXISTS takes SHARE on its table before it looks (sql-createindex), so repeating it would wait for a running migration and stop all appends behind it.</remarks>
    public const int Layout = 1;

    public const string Sql = """
        create schema if not exists safe_deploy;

        create table if not exists safe_deploy.layout (
            version       integer primary key,
            installed_at  timestamptz not null default clock_timestamp());

        -- One row an environment: who may work. Its epoch is the fence; heartbeats never touch a key column,
        -- so they do not wait for the FOR KEY SHARE of a running migration.
        create table if not exists safe_deploy.environment (
            name          text primary key,
            epoch         integer not null default 0,
            deployment    text,
            holder        jsonb,
            heartbeat_at  timestamptz,
            parked_until  timestamptz,
            concluded     boolean not null default true);

        create table if not exists safe_deploy.deployment (
            id            text primary key,
            environment   text not null references safe_deploy.environment (name),
            project       text not null,
            identity      text not null,
            attempt       integer not null,
            from_release  jsonb,
            to_release    jsonb not null,
            run           jsonb not null,
            opened_at     timestamptz not null default clock_timestamp(),
            unique (identity, attempt));
        create index if not exists deployment_environment on safe_deploy.deployment (environment, opened_at);

        -- The id is made by the writer: an entry whose answer was lost is written again with the same id, and is there once.
        create table if not exists safe_deploy.entry (
            sequence      bigint generated always as identity primary key,
            id            uuid not null unique default gen_random_uuid(),
            deployment    text not null references safe_deploy.deployment (id),
            epoch         integer not null,
            at            timestamptz not null default clock_timestamp(),
            step          text,
            kind          text not null,
            fact          jsonb not null);
        create index if not exists entry_deployment on safe_deploy.entry (deployment, sequence);
        -- One automatic rollback a deployment, claimed by whoever comes first.
        create unique index if not exists entry_one_automatic_rollback on safe_deploy.entry (deployment)
            where kind = 'rollback-claimed' and not (fact ->> 'manual')::boolean;

        -- Every session that may change something, recorded before its first transaction, so that a take-over can end it.
        create table if not exists safe_deploy.session (
            environment   text not null,
            epoch         integer not null,
            pid           integer not null,
            backend_start timestamptz not null,
            purpose       text not null,
            primary key (pid, backend_start));

        -- What is applied where. The row commits with the DDL that made it true.
        create table if not exists safe_deploy.migration (
            scope         text not null,
            version       text not null,
            name          text not null,
            checksum      text not null,
            script        text,
            deployment    text,
            applied_at    timestamptz not null default clock_timestamp(),
            primary key (scope, version));

        -- The way back as it was when the migration was applied: it outlives the file and the image.
        create table if not exists safe_deploy.script (
            id            text primary key,
            rollback      text,
            header        jsonb not null);

        create or replace function safe_deploy.fence(the_environment text, the_epoch integer) returns void
            language plpgsql set search_path = pg_catalog as $$
        declare
            current_epoch integer;
        begin
            select e.epoch into current_epoch from safe_deploy.environment e where e.name = the_environment for key share;
            if current_epoch is distinct from the_epoch then
                raise exception 'epoch % of environment % was taken over (now %)', the_epoch, the_environment, current_epoch
                    using errcode = 'SD001';
            end if;
        end $$;

        insert into safe_deploy.layout (version) values (1) on conflict do nothing;
        """;
}

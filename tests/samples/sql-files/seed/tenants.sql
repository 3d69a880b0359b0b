-- Before the first release: the registry of tenants, one empty schema each, and the role that the application logs in with.
-- Number of tenants: set sample.tenants first (default 20). Safe to repeat; a larger number adds tenants.
--
-- The registry belongs to the sign-up service and lives in a schema of its own: it must exist before the first release,
-- while the schemas public and tenant_… are made by the releases' migrations from their first file on.

create schema if not exists control;

create table if not exists control.tenant (
    schema_name text primary key,
    name text not null,
    plan text not null default 'basic',
    active boolean not null default true
);

do $$
begin
    create role pos_app login password 'pos_app';
exception when duplicate_object or unique_violation then
    null; -- roles belong to the whole server, another database may have made it
end
$$;

grant usage on schema control to pos_app;
grant select on control.tenant to pos_app;
alter default privileges in schema public grant select on tables to pos_app;

do $$
declare
    wanted integer := coalesce(nullif(current_setting('sample.tenants', true), ''), '20')::integer;
    schema text;
begin
    for number in 1 .. wanted loop
        schema := 'tenant_' || lpad(number::text, 3, '0');
        continue when exists (select from control.tenant where schema_name = schema);
        execute format('create schema %I', schema);
        -- The application's role owns nothing: row level security holds for it.
        execute format('grant usage on schema %I to pos_app', schema);
        execute format('alter default privileges in schema %I grant select, insert, update, delete on tables to pos_app', schema);
        insert into control.tenant (schema_name, name, plan)
        values (schema, 'Shop ' || number, case when number % 4 = 0 then 'chain' else 'basic' end);
    end loop;
end
$$;

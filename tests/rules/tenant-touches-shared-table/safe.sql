create schema tenant;
create table public.plan (id bigint primary key, name text);
set search_path = tenant, public;
create table sale (id bigint primary key, plan_id bigint);
-- change
alter table sale add column plan_name text;
select p.name from plan p join sale s on s.plan_id = p.id;

create schema tenant;
create table public.plan (id bigint primary key, name text);
set search_path = tenant, public;
create table sale (id bigint primary key, plan_id bigint);
-- change
alter table sale add constraint sale_plan foreign key (plan_id) references plan (id) not valid;

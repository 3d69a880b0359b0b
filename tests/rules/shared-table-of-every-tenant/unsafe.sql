create table public.plan (id bigint primary key, name text);
-- change
alter table public.plan add column note text;

create table public.plan (id bigint primary key, name text);
create table public.news (id bigint primary key);
-- change
alter table public.news add column note text;

create table public.plan (id integer primary key, name text not null);

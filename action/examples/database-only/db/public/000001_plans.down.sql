drop table public.plan;

create function f() returns int language sql security definer set search_path = pg_catalog as 'select 1';

create function f() returns int language sql as 'select 1';
-- change
alter function f() rename to g;

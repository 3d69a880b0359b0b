create domain d as int;
create table t (a d);
-- change
alter domain d add check (value > 0);

create schema s;
create table s.t (a int);
-- change
drop schema s cascade;

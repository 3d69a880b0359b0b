create schema s;
create table s.t (a int);
-- change
create schema n;

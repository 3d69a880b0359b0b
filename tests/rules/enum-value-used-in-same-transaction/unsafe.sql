create type m as enum ('a');
create table t (v m);
-- change
alter type m add value 'b';
insert into t values ('b');

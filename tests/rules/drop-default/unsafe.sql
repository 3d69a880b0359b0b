create table t (a int not null default 1);
-- change
alter table t alter a drop default;

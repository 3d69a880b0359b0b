create table t (a int not null);
-- change
alter table t add primary key (a);

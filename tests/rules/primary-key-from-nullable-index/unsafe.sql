create table t (a int);
create unique index k on t (a);
-- change
alter table t add primary key using index k;

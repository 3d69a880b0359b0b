create table t (a int not null);
-- change
create unique index concurrently k on t (a);
alter table t add constraint k primary key using index k;

create table t (a int);
create unique index k on t (a);
-- change
alter table t add constraint n check (a is not null) not valid;
alter table t add unique using index k;

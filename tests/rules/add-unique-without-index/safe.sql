create table t (id int primary key, a int, b varchar(10) not null, c text, ts timestamp, p_id int);
create table p (id int primary key, a int);
-- change
create unique index concurrently u on t (a);
alter table t add constraint u unique using index u;

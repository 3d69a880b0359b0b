create table t (id int primary key, a int, b varchar(10) not null, c text, ts timestamp, p_id int);
create table p (id int primary key, a int);
-- change
-- safe-deploy: no-transaction
create index concurrently i on t (a);

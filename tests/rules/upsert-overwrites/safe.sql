create table t (id int primary key, a int, b varchar(10) not null, c text, ts timestamp, p_id int);
create table p (id int primary key, a int);
-- change
insert into t (id, b) values (1, 'x') on conflict do nothing;

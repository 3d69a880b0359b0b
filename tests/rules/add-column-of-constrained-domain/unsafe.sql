create table t (id int primary key, a int, b varchar(10) not null, c text, ts timestamp, p_id int);
create table p (id int primary key, a int);
create domain d as int check (value > 0);
create domain plain as int;
-- change
alter table t add column x d;

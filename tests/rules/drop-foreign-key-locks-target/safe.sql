create table t (id int primary key, a int, b varchar(10) not null, c text, ts timestamp, p_id int);
create table p (id int primary key, a int);
alter table t add constraint f foreign key (p_id) references p;
-- change
alter table t validate constraint f;

create table t (id int primary key, a int, b varchar(10) not null, c text, ts timestamp, p_id int);
create table p (id int primary key, a int);
create materialized view m as select id from t;
create unique index mk on m (id);
-- change
refresh materialized view m;

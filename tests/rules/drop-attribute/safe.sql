create type k as (a int, b int);
create table t (v k);
-- change
alter type k add attribute z int;

create unlogged table t (a int);
-- change
alter table t set (fillfactor = 80);

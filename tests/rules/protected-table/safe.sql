create table fiscal_nfcedocumento (id int primary key, a int);
-- change
alter table fiscal_nfcedocumento add column n int;

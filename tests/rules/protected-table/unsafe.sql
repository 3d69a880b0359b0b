create table fiscal_nfcedocumento (id int primary key, a int);
-- change
alter table fiscal_nfcedocumento drop column a;

drop table customer;
alter table sale drop column customer_name;

drop table sale_item;
drop table sale;

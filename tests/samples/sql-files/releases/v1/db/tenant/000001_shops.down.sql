drop table product;
drop table "Certificados";
drop table "Terminal";
drop table "Filial";

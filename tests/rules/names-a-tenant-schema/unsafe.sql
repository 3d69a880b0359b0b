create schema tenant_007;
create table tenant_007.sale (id bigint primary key);
-- change
alter table tenant_007.sale add column note text;

create schema tenant;
set search_path = tenant, public;
create table sale (id bigint primary key);
-- change
alter table sale add column note text;

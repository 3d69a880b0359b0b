create table e (id int not null, at date not null) partition by range (at);
create table e1 partition of e for values from ('2024-01-01') to ('2025-01-01');
-- change
create table e2 (like e);

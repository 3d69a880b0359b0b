create table e (id int not null, at date not null) partition by range (at);
create table e1 partition of e for values from ('2024-01-01') to ('2025-01-01');
create table rest partition of e default;
create table u (id int not null, at date not null) partition by range (at);
-- change
create table e2 partition of e for values from ('2026-01-01') to ('2027-01-01');

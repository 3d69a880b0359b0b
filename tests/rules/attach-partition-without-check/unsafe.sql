create table e (id int not null, at date not null) partition by range (at);
create table e1 partition of e for values from ('2024-01-01') to ('2025-01-01');
create table n (id int not null, at date not null);
create table n2 (id int not null, at date not null, check (at is not null and at >= '2026-01-01' and at < '2027-01-01'));
-- change
alter table e attach partition n for values from ('2026-01-01') to ('2027-01-01');

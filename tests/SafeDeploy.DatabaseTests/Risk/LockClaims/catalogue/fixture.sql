-- The world in which every statement of statements.sql is tried; all tables hold rows.
create schema app;
set search_path = app;
create extension if not exists citext;
create extension if not exists btree_gist;

create type mood as enum ('sad', 'ok', 'happy');
create type address as (street text, city text);
create domain email as text check (value like '%@%');
create domain label as text;
create domain code as text not null default 'x';

create function steady(int) returns int language sql immutable as 'select $1';
create function fickle() returns int language sql volatile as 'select 1';
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create function unused() returns int language sql as 'select 2';

create table plan (id int primary key, name text not null, price numeric(10, 2) not null default 0);
create table customer (
    id bigserial primary key,
    email varchar(100) unique,
    name text,
    nick citext,
    age int check (age >= 0),
    small smallint,
    born date,
    seen timestamp,
    seen_tz timestamptz default now(),
    amount numeric(10, 2),
    free numeric,
    code varchar(20),
    note text,
    mail email,
    tag label,
    feeling mood,
    home address,
    payload json,
    docs jsonb,
    bits bit(8),
    fixed char(10),
    ip cidr,
    plan_id int references plan,
    checked int,
    nullable int,
    filled int not null default 1,
    doubled int generated always as (age * 2) stored,
    active boolean not null default true,
    tags text[],
    constraint checked_there check (checked is not null)
);
alter table customer add constraint checked_later check (nullable is not null) not valid;
create index customer_name_idx on customer (name);
create index customer_lower_idx on customer (lower(name));
create index customer_seen_idx on customer (seen);
create index customer_code_idx on customer (code) where active;
create unique index customer_nullable_key on customer (nullable);
create unique index customer_filled_key on customer (filled, id);
create statistics customer_stats on age, small from customer;
create table orders (
    id int generated always as identity primary key,
    customer_id bigint not null references customer (id) on delete cascade,
    plan_id int,
    total numeric(12, 2),
    placed timestamptz not null default now()
);
alter table orders add constraint orders_plan_fk foreign key (plan_id) references plan not valid;
create index orders_customer_idx on orders (customer_id);
create table order_line (order_id int not null references orders, line int not null, text text, primary key (order_id, line));
create table lonely (a int, b text, c int not null);
create unlogged table scratch (a int primary key, b text);
create table secured (id int primary key, owner text);
alter table secured enable row level security;
create policy only_own on secured using (owner = current_user);
create table audited (id int primary key, a int);
create trigger audited_touch before update on audited for each row execute function touch();
create rule audited_rule as on delete to audited where old.id = -1 do instead nothing;

create table base (a int, b text);
create table derived (c int) inherits (base);

create table event (id int not null, at date not null, kind text, primary key (id, at)) partition by range (at);
create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01');
create table event_2025 partition of event for values from ('2025-01-01') to ('2026-01-01');
create table event_rest partition of event default;
create index event_kind_idx on event (kind);
create table event_2026 (id int not null, at date not null, kind text);
create table event_2027 (id int not null, at date not null, kind text, constraint fits check (at is not null and at >= '2027-01-01' and at < '2028-01-01'));
create table metric (id int not null, region text not null) partition by list (region);
create table metric_eu partition of metric for values in ('eu');
create table metric_us (id int not null, region text not null);
create table metric_asia (id int not null, region text not null, constraint asia_only check (region = 'asia'));

create view active_customer as select id, name from customer where active;
create view order_view as select o.id, c.name from orders o join active_customer c on c.id = o.customer_id;
create materialized view totals as select customer_id, sum(total) as total from orders group by customer_id;
create materialized view keyed as select id, name from plan;
create unique index keyed_id on keyed (id);
create sequence numbers;
create sequence lonely_seq owned by lonely.a;
create table defaulted (id int default nextval('numbers'), a int);
create publication pub for table plan;
create schema other;
create table other.thing (id int primary key, plan_id int references app.plan);
create schema empty;

insert into plan select i, 'p' || i from generate_series(1, 2000) i;
insert into customer (email, name, nick, age, small, born, seen, amount, free, code, note, mail, tag, feeling, payload, docs, bits, fixed, ip, plan_id, checked, nullable, filled)
select 'c' || i || '@x.y', 'n' || i, 'N' || i, i, i % 100, '2000-01-01', '2024-01-01', i, i, 'c' || i, 'note', 'a@b', 't', 'ok', '{}', '{}', b'00000001', 'f', '10.0.0.0/8', 1 + i % 50, i, i, i
from generate_series(1, 500) i;
insert into orders (customer_id, plan_id, total) select i, 1, i from generate_series(1, 500) i;
insert into order_line select i, 1, 'x' from generate_series(1, 500) i;
insert into lonely select i, 'b', i from generate_series(1, 500) i;
insert into scratch select i from generate_series(1, 500) i;
insert into secured select i, 'x' from generate_series(1, 500) i;
insert into audited select i, i from generate_series(1, 500) i;
insert into base select i, 'b' from generate_series(1, 500) i;
insert into derived select i, 'b', i from generate_series(1, 500) i;
insert into event select i, '2024-01-01'::date + i, 'k' from generate_series(1, 700) i;
insert into event select i, '2030-01-01'::date + i, 'k' from generate_series(1, 50) i;
insert into event_2026 select i, '2026-01-01'::date + i, 'k' from generate_series(1, 300) i;
insert into event_2027 select i, '2027-01-01'::date + i, 'k' from generate_series(1, 300) i;
insert into metric_eu select i, 'eu' from generate_series(1, 300) i;
insert into metric_us select i, 'us' from generate_series(1, 300) i;
insert into metric_asia select i, 'asia' from generate_series(1, 300) i;
insert into defaulted (a) select i from generate_series(1, 300) i;
insert into other.thing select i, 1 from generate_series(1, 300) i;
refresh materialized view totals;
refresh materialized view keyed;

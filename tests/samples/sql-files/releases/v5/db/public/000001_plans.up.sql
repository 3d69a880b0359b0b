create table plan (
    code text primary key,
    name text not null,
    monthly_cents integer not null
);

insert into plan (code, name, monthly_cents) values
    ('basic', 'Basic', 9900),
    ('chain', 'Chain of shops', 29900);

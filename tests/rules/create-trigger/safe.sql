create table t (id int primary key, a int, b varchar(10) not null, c text, ts timestamp, p_id int);
create table p (id int primary key, a int);
create function f() returns trigger language plpgsql as $$ begin return new; end $$;
-- change
create table n (a int);
create trigger x after insert on n for each row execute function f();

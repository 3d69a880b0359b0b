create type m as enum ('a');
-- change
create type n as enum ('a', 'b');

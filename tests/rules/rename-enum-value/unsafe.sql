create type m as enum ('a');
-- change
alter type m rename value 'a' to 'b';

create type m as enum ('a');
-- change
alter type m add value 'b';

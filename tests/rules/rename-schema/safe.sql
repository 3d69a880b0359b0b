create schema s;
-- change
create schema r;

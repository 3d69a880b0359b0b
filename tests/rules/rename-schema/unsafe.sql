create schema s;
-- change
alter schema s rename to r;

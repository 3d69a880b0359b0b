create sequence s;
-- change
drop sequence s;

create sequence s;
-- change
create sequence n;
drop sequence n;

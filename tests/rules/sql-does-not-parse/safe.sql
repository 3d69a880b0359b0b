create table n (a int);

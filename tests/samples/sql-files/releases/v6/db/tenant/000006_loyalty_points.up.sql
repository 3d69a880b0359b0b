alter table product add column loyalty_points integer not null default 0;

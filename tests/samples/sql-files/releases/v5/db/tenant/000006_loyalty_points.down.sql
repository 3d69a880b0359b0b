alter table product drop column loyalty_points;

alter table sale rename column amount_cents to total_cents;

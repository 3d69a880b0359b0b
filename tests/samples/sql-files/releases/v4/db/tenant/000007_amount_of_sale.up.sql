-- safe-deploy: phase=contract because="every amount is called amount from now on; the old release cannot read it"
alter table sale rename column total_cents to amount_cents;

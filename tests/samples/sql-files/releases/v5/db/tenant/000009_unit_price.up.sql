-- safe-deploy: phase=contract because="the price of a product is a price per unit; the old release cannot read it"
alter table product rename column price_cents to unit_price_cents;

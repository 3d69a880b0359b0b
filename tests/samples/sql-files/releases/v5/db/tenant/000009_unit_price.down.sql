alter table product rename column unit_price_cents to price_cents;

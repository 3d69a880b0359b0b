-- safe-deploy: no-transaction
drop index concurrently sale_opened_at;

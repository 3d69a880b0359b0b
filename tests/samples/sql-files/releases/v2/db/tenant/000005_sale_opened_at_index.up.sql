-- safe-deploy: no-transaction
create index concurrently sale_opened_at on sale (opened_at);

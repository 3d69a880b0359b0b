-- safe-deploy: phase=contract irreversible because="names of customers are not kept any longer"
alter table sale drop column customer_name;

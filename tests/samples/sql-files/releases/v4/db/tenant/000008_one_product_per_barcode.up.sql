alter table product add constraint product_barcode_key unique (barcode);

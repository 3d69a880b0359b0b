alter table product drop constraint product_barcode_key;

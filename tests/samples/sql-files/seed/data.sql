-- After release v1: the same data in every run. Three branches, six products and 300 sales a tenant, some with fiscal documents.
-- A tenant that has branches already is left alone. Works on the schema of v1, v2 and v3.
-- Exactly one tenant, tenant_013 or the last one where there are fewer, sells two products under one barcode: v4 fails there.

do $$
declare
    shop record;
    odd text := (select coalesce(min(schema_name) filter (where schema_name = 'tenant_013'), max(schema_name)) from control.tenant where active);
    filled boolean;
begin
    for shop in select schema_name, name from control.tenant where active order by schema_name loop
        perform set_config('search_path', quote_ident(shop.schema_name), true);
        execute 'select exists (select from "Filial")' into filled;
        continue when filled;

        insert into "Filial" (nome, cnpj, criado_em)
        select shop.name || ', branch ' || b, lpad(b::text, 14, '0'), timestamptz '2024-01-01 00:00:00+00'
        from generate_series(1, 3) b;

        insert into "Terminal" (filial_id, codigo)
        select f.id, 'T' || t from "Filial" f, generate_series(1, 2) t order by f.id, t;

        insert into "Certificados" (filial_id, serial, valido_ate)
        select id, 'A1-' || id, date '2027-12-31' from "Filial" order by id;

        insert into product (barcode, name, price_cents)
        select '78900000000' || case when p = 6 and shop.schema_name = odd then 5 else p end, 'Product ' || p, 100 * p + 99
        from generate_series(1, 6) p;

        insert into sale (branch_id, terminal_id, opened_at, closed_at, total_cents)
        select 1 + n % 3, 1 + 2 * (n % 3) + n % 2, at, at + interval '3 minutes', (1 + n % 4) * (100 * (1 + n % 6) + 99)
        from generate_series(1, 300) n, lateral (select timestamptz '2024-06-01 08:00:00+00' + n * interval '7 minutes' as at) t
        order by n;

        insert into sale_item (sale_id, product_id, quantity, price_cents)
        select n, 1 + n % 6, 1 + n % 4, 100 * (1 + n % 6) + 99 from generate_series(1, 300) n order by n;

        insert into "NfceDocumento" (sale_id, filial_id, serie, numero, emitido_em)
        select id, branch_id, 1, row_number() over (partition by branch_id order by id), closed_at
        from sale where id % 5 = 0 order by id;

        insert into "NfceNumeroReserva" (filial_id, serie, proximo_numero)
        select f.id, 1, 1 + count(d.id) from "Filial" f left join "NfceDocumento" d on d.filial_id = f.id group by f.id order by f.id;
    end loop;
end
$$;

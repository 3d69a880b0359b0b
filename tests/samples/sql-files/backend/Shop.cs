using System.Collections.Immutable;
using Npgsql;

namespace PointOfSale;

/// <summary>Every statement that the backend runs, with the columns of its own release only.</summary>
internal sealed class Shop(NpgsqlDataSource database, Release release)
{
    // The first statement of each transaction: the tenant's schema, and the branch that row level security asks for.
    private const string Enter = "select set_config('search_path', quote_ident($1), true), set_config('app.branch', $2::text, true)";

    public async Task<ImmutableArray<TenantRow>> TenantsAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select schema_name, name, plan from control.tenant where active order by schema_name");
        return await ReadAsync(command, row => new TenantRow(row.GetString(0), row.GetString(1), row.GetString(2)), cancellation);
    }

    public async Task<bool> HasTenantAsync(string schema, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select exists (select from control.tenant where schema_name = $1 and active)");
        command.Parameters.Add(new() { Value = schema });
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The first columns that this release needs and a schema lacks, as <c>schema.table.column</c>; empty = the schema fits.</summary>
    public async Task<ImmutableArray<string>> MissingAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            select format('%I.%I.%I', s.name, need.tab, need.col)
            from (select 'public' as kind, 'public' as name
                  union all select 'tenant', schema_name from control.tenant where active) s
            join unnest($1::text[], $2::text[], $3::text[]) as need(kind, tab, col) using (kind)
            where not exists (
                select from pg_catalog.pg_attribute a
                join pg_catalog.pg_class c on c.oid = a.attrelid
                join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname = s.name and c.relname = need.tab and a.attname = need.col and not a.attisdropped)
            order by 1 limit 5
            """);
        var needs = release.Needs;
        command.Parameters.Add(new() { Value = needs.Select(need => need.Kind).ToArray() });
        command.Parameters.Add(new() { Value = needs.Select(need => need.Table).ToArray() });
        command.Parameters.Add(new() { Value = needs.Select(need => need.Name).ToArray() });
        return await ReadAsync(command, row => row.GetString(0), cancellation);
    }

    public async Task<Overview> OverviewAsync(string tenant, long branch, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = Batch(connection, tenant, branch);
        Add(batch, """select id, nome from "Filial" order by id""");
        Add(batch, $"select id, name, {release.Price}, {(release.Points ? "loyalty_points" : "null::integer")} from product order by id limit 50");
        Add(batch, $"select code, monthly_cents, {(release.Limits ? "max_branches" : "null::integer")} from public.plan order by code");
        Add(batch, $"select count(*), coalesce(sum({release.Total}), 0), {(release.Customer ? "count(customer_name)" : "null::bigint")} from sale");
        Overview answer;
        await using (var rows = await batch.ExecuteReaderAsync(cancellation))
        {
            var branches = await NextAsync(rows, row => new Branch(row.GetInt64(0), row.GetString(1)), cancellation);
            var products = await NextAsync(rows, row => new Product(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt32(3)), cancellation);
            var plans = await NextAsync(rows, row => new Plan(row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt32(2)), cancellation);
            var sales = (await NextAsync(rows, row => (row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? (long?)null : row.GetInt64(2)), cancellation))[0];
            answer = new(release.Version, tenant, branch, branches, products, plans, sales.Item1, sales.Item2, sales.Item3);
        }

        await transaction.CommitAsync(cancellation);
        return answer;
    }

    /// <summary>One sale with its item, and the fiscal document where one is asked for; null when the branch or product does not exist.</summary>
    public async Task<Sold?> SellAsync(string tenant, long branch, NewSale sale, bool fiscal, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = Batch(connection, tenant, branch);
        object product = sale.Product is { } asked ? asked : DBNull.Value;
        object customer = sale.Customer is { } name ? name : DBNull.Value;
        Add(batch, SellSql, release.Customer ? [branch, sale.Quantity ?? 1, product, customer] : [branch, sale.Quantity ?? 1, product]);
        ImmutableArray<Sold> made;
        await using (var rows = await batch.ExecuteReaderAsync(cancellation))
            made = await NextAsync(rows, row => new Sold(row.GetInt64(0), row.GetInt64(1), null), cancellation);
        if (made is not [var sold])
            return null;

        if (fiscal)
            sold = sold with { FiscalNumber = await IssueAsync(connection, sold.Sale, branch, cancellation) };
        await transaction.CommitAsync(cancellation);
        return sold;
    }

    private static async Task<long?> IssueAsync(NpgsqlConnection connection, long sale, long branch, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(FiscalSql, connection);
        command.Parameters.Add(new() { Value = branch });
        command.Parameters.Add(new() { Value = sale });
        return (long?)await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>The worker's job: closes the sales that are still open after a second.</summary>
    public async Task<int> CloseSalesAsync(string tenant, CancellationToken cancellation)
    {
        var closed = 0;
        foreach (var branch in await BranchesAsync(tenant, cancellation))
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await using var batch = Batch(connection, tenant, branch);
            Add(batch, $"update sale set closed_at = now() where closed_at is null and opened_at < now() - interval '1 second' and {release.Total} >= 0 returning id");
            await using (var rows = await batch.ExecuteReaderAsync(cancellation))
                closed += (await NextAsync(rows, row => row.GetInt64(0), cancellation)).Length;
            await transaction.CommitAsync(cancellation);
        }

        return closed;
    }

    private async Task<ImmutableArray<long>> BranchesAsync(string tenant, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = Batch(connection, tenant, 0);
        Add(batch, """select id from "Filial" order by id""");
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        return await NextAsync(rows, row => row.GetInt64(0), cancellation);
    }

    private string SellSql =>
        $"""
        with chosen as (
            select p.id, p.{release.Price} as price, t.id as terminal
            from product p
            join (select min(id) as id from "Terminal" where filial_id = $1) t on t.id is not null
            where p.id = coalesce($3::bigint, (select min(id) from product))
        ), made as (
            insert into sale (branch_id, terminal_id, {release.Total}{(release.Customer ? ", customer_name" : "")})
            select $1, terminal, price * $2{(release.Customer ? ", $4::text" : "")} from chosen
            returning id
        )
        insert into sale_item (sale_id, product_id, quantity, price_cents)
        select made.id, chosen.id, $2, chosen.price from made, chosen
        returning sale_id, price_cents::bigint * quantity
        """;

    // The number comes from a locked row, not from a sequence: fiscal numbers have no gaps.
    private const string FiscalSql =
        """
        with reserved as (
            update "NfceNumeroReserva" set proximo_numero = proximo_numero + 1
            where filial_id = $1 and serie = 1
            returning proximo_numero - 1 as numero
        )
        insert into "NfceDocumento" (sale_id, filial_id, serie, numero)
        select $2, $1, 1, numero from reserved
        returning numero
        """;

    private static NpgsqlBatch Batch(NpgsqlConnection connection, string tenant, long branch)
    {
        var batch = new NpgsqlBatch(connection);
        Add(batch, Enter, tenant, branch.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return batch;
    }

    private static void Add(NpgsqlBatch batch, string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
    }

    private static async Task<ImmutableArray<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return await RowsAsync(rows, read, cancellation);
    }

    private static async Task<ImmutableArray<T>> NextAsync<T>(NpgsqlDataReader rows, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await rows.NextResultAsync(cancellation);
        return await RowsAsync(rows, read, cancellation);
    }

    private static async Task<ImmutableArray<T>> RowsAsync<T>(NpgsqlDataReader rows, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        var all = ImmutableArray.CreateBuilder<T>();
        while (await rows.ReadAsync(cancellation))
            all.Add(read(rows));
        return all.ToImmutable();
    }
}

using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Migrations;
using SafeDeploy.Migrations.Adoption;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Reads another tool's history table in one schema.</summary>
internal static class ForeignRows
{
    /// <returns>Null when the schema has no such table.</returns>
    public static async Task<ImmutableArray<ImmutableArray<string?>>?> ReadAsync(
        NpgsqlConnection connection, Scope scope, ForeignHistoryTable table, CancellationToken cancellation)
    {
        var name = $"{scope.Sql}.{Quoted(table.Table)}";
        await using (var exists = LedgerSql.Command(connection, "select pg_catalog.to_regclass($1) is not null", LedgerSql.Text(name)))
            if (await exists.ExecuteScalarAsync(cancellation) is not true)
                return null;
        var columns = string.Join(", ", table.Columns.Select(column => $"{Quoted(column)}::text"));
        await using var command = LedgerSql.Command(connection, $"select {columns} from {name} order by {Quoted(table.OrderBy)}");
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var read = ImmutableArray.CreateBuilder<ImmutableArray<string?>>();
        while (await rows.ReadAsync(cancellation))
            read.Add([.. Enumerable.Range(0, rows.FieldCount).Select(i => rows.IsDBNull(i) ? null : rows.GetString(i))]);
        return read.ToImmutable();
    }

    private static string Quoted(string name) => QuotedName.TryParse(name, out _)?.Sql ?? throw new ArgumentException(name, nameof(name));
}

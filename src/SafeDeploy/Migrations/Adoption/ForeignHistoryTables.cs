using System.Collections.Immutable;

namespace SafeDeploy.Migrations.Adoption;

/// <summary>The history tables we can take over; adding a tool = its reader and a line here.</summary>
public static class ForeignHistoryTables
{
    public static ImmutableArray<ForeignHistoryTable> All { get; } =
    [
        new("golang-migrate", "schema_migrations", ["version", "dirty"], "version", GolangMigrate),
        new("flyway", "flyway_schema_history", ["version", "type", "success", "script"], "installed_rank", Flyway),
        new("diesel", "__diesel_schema_migrations", ["version"], "version", rows => new ForeignHistory.Versions([.. rows.Select(row => row[0]!)])),
        new("dbmate", "schema_migrations", ["version"], "version", rows => new ForeignHistory.Versions([.. rows.Select(row => row[0]!)])),
        new("goose", "goose_db_version", ["version_id", "is_applied"], "id", Goose),
        new("prisma", "_prisma_migrations", ["migration_name", "finished_at", "rolled_back_at"], "started_at", Prisma),
        new("django", "django_migrations", ["app", "name"], "id", rows => new ForeignHistory.Versions([.. rows.Select(row => $"{row[0]}.{row[1]}")])),
        new("ef", "__EFMigrationsHistory", ["MigrationId"], "MigrationId", rows => new ForeignHistory.Versions([.. rows.Select(row => Number(row[0]!))])),
    ];

    public static ForeignHistoryTable? Named(string tool) => All.FirstOrDefault(table => table.Tool == tool);

    // One row: the newest version, and whether the last run failed half-way.
    private static ForeignHistory GolangMigrate(ImmutableArray<ImmutableArray<string?>> rows) => rows switch
    {
        [] => new ForeignHistory.UpTo(null),
        [var row] when IsTrue(row[1]) => new ForeignHistory.Broken($"its version {row[0]} is dirty: the last migration failed half-way"),
        [var row] => new ForeignHistory.UpTo(row[0]),
        _ => new ForeignHistory.Broken($"it holds {rows.Length} rows instead of one"),
    };

    // Rows are never deleted; a later UNDO takes a version back, a baseline stands for everything before it.
    private static ForeignHistory Flyway(ImmutableArray<ImmutableArray<string?>> rows)
    {
        if (rows.FirstOrDefault(row => !IsTrue(row[2])) is { IsDefault: false } failed)
            return new ForeignHistory.Broken($"its version {failed[0]} ({failed[3]}) failed");
        var applied = new List<string>();
        string? baseline = null;
        foreach (var row in rows.Where(row => row[0] is not null))
            switch (row[1])
            {
                case "BASELINE" or "SQL_BASELINE":
                    baseline = row[0];
                    break;
                case "UNDO_SQL" or "DELETE":
                    applied.Remove(row[0]!);
                    break;
                case "SCHEMA":
                    break;
                default:
                    applied.Add(row[0]!);
                    break;
            }

        if (baseline is null)
            return new ForeignHistory.Versions([.. applied]);
        return applied.Count == 0
            ? new ForeignHistory.UpTo(baseline)
            : new ForeignHistory.Broken($"it has a baseline at {baseline} and versions after it; adopt it with --at");
    }

    // A row a move; the newest of a version counts. Version 0 is goose's own first row.
    private static ForeignHistory Goose(ImmutableArray<ImmutableArray<string?>> rows) => new ForeignHistory.Versions(
    [
        .. rows.Where(row => row[0] != "0").GroupBy(row => row[0]!, StringComparer.Ordinal).Where(group => IsTrue(group.Last()[1])).Select(group => group.Key),
    ]);

    private static ForeignHistory Prisma(ImmutableArray<ImmutableArray<string?>> rows)
    {
        var open = rows.FirstOrDefault(row => row[1] is null && row[2] is null);
        return open.IsDefault
            ? new ForeignHistory.Versions([.. rows.Where(row => row[2] is null).Select(row => Number(row[0]!))])
            : new ForeignHistory.Broken($"its migration {open[0]} was started and neither finished nor rolled back");
    }

    private static string Number(string name) => name.Split('_')[0];

    private static bool IsTrue(string? text) => text is "true" or "t";
}

using System.Collections.Immutable;
using SafeDeploy.Migrations;

namespace SafeDeploy.Ledger;

/// <summary>The way back of a group of migrations, as the ledger keeps it.</summary>
public static class WaveUndo
{
    public static Undo Of(ImmutableArray<Migration> migrations) =>
        migrations.FirstOrDefault(migration => migration.Rollback is null || migration.Header.Irreversible) is { } last
            ? new Undo.Impossible(Why(last))
            : new Undo.MigrateBack([.. migrations.Select(migration => migration.Version)]);

    private static string Why(Migration migration) => migration.Header switch
    {
        { Irreversible: true, Because.Length: > 0 } => $"{migration.Version} {migration.Name} is irreversible: {migration.Header.Because}",
        { Irreversible: true } => $"{migration.Version} {migration.Name} is irreversible",
        _ => $"{migration.Version} {migration.Name} has no rollback migration",
    };
}

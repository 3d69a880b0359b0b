using System.Collections.Immutable;

namespace SafeDeploy.Migrations.Layouts;

/// <summary>The layouts we read; adding one = its file and a line here.</summary>
public static class LayoutCatalogue
{
    public static ImmutableArray<IMigrationLayout> All { get; } =
    [
        new GolangMigrateLayout(),
        new FlywayLayout(),
        new DieselLayout(),
        new DbmateLayout(),
        new GooseLayout(),
        new PrismaLayout(),
    ];

    /// <summary>The layout of that name, or null.</summary>
    public static IMigrationLayout? Named(string name) => All.FirstOrDefault(layout => layout.Name == name);
}

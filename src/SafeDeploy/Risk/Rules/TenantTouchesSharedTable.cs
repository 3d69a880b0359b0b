
namespace SafeDeploy.Risk.Rules;

/// <summary>A migration that runs once a tenant reaches into a table that all tenants share.</summary>
internal sealed class TenantTouchesSharedTable : IRule
{
    public RuleInfo Info { get; } = new("tenant-touches-shared-table", Severity.High, LockLevel.ShareRowExclusive)
    {
        Title = "A tenant migration locks or writes a table of the shared schema",
        Prevents = "writes to the shared table, once for every tenant; the runner refuses it unless the table is listed",
        Remedy = "Move it to a migration of the shared schema, or list the table under tenants.shared",
        Manual = "explicit-locking",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place) => place.File.Options.Tenants is not { IsTenantSet: true } tenants
        ? []
        : statement.Effect.Locks
            .Where(l => l.Value >= LockLevel.RowExclusive && IsShared(l.Key) && !tenants.Shared.Contains(l.Key, StringComparer.OrdinalIgnoreCase))
            .Select(l => new Finding(Info.Slug, Info.Severity, $"{l.Key} belongs to everybody: {l.Value.Spelled()} is taken on it in {tenants.Everybody}, one after the other.", Info.Remedy + "."));

    private static bool IsShared(string table) => table.StartsWith("public.", StringComparison.Ordinal);
}

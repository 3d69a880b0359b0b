namespace SafeDeploy.Risk.Rules;

/// <summary>A table of the shared schema is locked that foreign keys of all tenants lean on.</summary>
internal sealed class SharedTableOfEveryTenant : IRule
{
    public RuleInfo Info { get; } = new("shared-table-of-every-tenant", Severity.Medium, LockLevel.ShareRowExclusive)
    {
        Title = "A shared table is locked that every tenant's foreign keys point at",
        Prevents = "writes to the tables of all tenants that look the shared row up, for as long as the lock is held",
        Remedy = "Keep the transaction to this one statement, and run it when little is written",
        Manual = "ddl-constraints",
    };

    public IEnumerable<Finding> Check(JudgedStatement statement, StatementPlace place) => place.File.Options.Tenants is not { IsTenantSet: false } tenants
        ? []
        : statement.Effect.Locks
            .Where(l => l.Value.BlocksWrites() && tenants.Referenced.Contains(l.Key))
            .Select(l => new Finding(Info.Slug, Info.Severity, $"{l.Key} is looked up by foreign keys of {tenants.Everybody}: under {l.Value.Spelled()} their writes wait too.", Info.Remedy + "."));
}

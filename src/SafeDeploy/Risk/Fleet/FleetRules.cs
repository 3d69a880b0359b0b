using System.Collections.Immutable;

namespace SafeDeploy.Risk.Fleet;

/// <summary>What is found by asking the tenants or the server, not by reading a statement.</summary>
public static class FleetRules
{
    public static RuleInfo DataViolates { get; } = new("data-violates-constraint", Severity.High, LockLevel.None)
    {
        Title = "Rows that are there already violate the change",
        Prevents = "the migration of the tenants that are named, and with them the release",
        Remedy = "Correct the rows that are named, or leave them out with a CHECK … NOT VALID that is validated later",
        Manual = "ddl-constraints",
    };

    public static RuleInfo OutOfSharedMemory { get; } = new("out-of-shared-memory", Severity.High, LockLevel.None)
    {
        Title = "One transaction takes more locks than the server keeps",
        Prevents = "the statement (53200), and every other session's locks while it runs",
        Remedy = "Split the change over several transactions, or raise max_locks_per_transaction",
        Manual = "runtime-config-locks",
    };

    public static ImmutableArray<RuleInfo> All => [DataViolates, OutOfSharedMemory];
}

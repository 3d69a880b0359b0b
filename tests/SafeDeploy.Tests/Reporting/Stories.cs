using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Reporting;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Reporting;

/// <summary>Deployments as the ledger keeps them, with times: one that went back, and one whose every text was written by an enemy.</summary>
internal sealed class Stories
{
    public static readonly DeploymentId Id = new("prod-4f1c09ab7e21");

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
    private static readonly MigrationVersion Version = new("0042");

    private readonly List<LedgerEntry> _entries = [];

    public Stories At(double seconds, LedgerFact fact, StepName? step = null)
    {
        _entries.Add(new LedgerEntry(_entries.Count + 1, Id, 1, Start.AddSeconds(seconds), step, fact));
        return this;
    }

    public DeploymentReport Report => DeploymentReportReader.Read(Id, new LedgerHistory([.. _entries]));

    public static Stories WentBack(int tenants = 4) => Begun("acme_", tenants, "lock not granted within 3 s", "db/tenant/0042_price.up.sql:7   SQLSTATE 55P03", "backend:v2 exited");

    /// <param name="text">Stands wherever a text can come from outside.</param>
    public static Stories Hostile(string text) => Begun(text, 3, text, text, text);

    private static Stories Begun(string prefix, int tenants, string what, string where, string evidence)
    {
        var names = Enumerable.Range(1, tenants).Select(i => $"{prefix}{i:00}").ToArray();
        var problem = new ProblemNote("SD0412", what, where, "as before", "going back", "run again off-peak", evidence);
        var story = new Stories()
            .At(0, new LedgerFact.Opened("pos", "prod", new Release("v1", "b:1", "sha256:1111", "m1", null), new Release("v2", "b:2", "sha256:2222", "m2", null), new RunIdentity("7", new Uri("https://ci.example/runs/7"), "ana", "runner", 1), 1))
            .At(0.4, new LedgerFact.SnapshotTaken(new WorldSnapshot(new ServingRelease("blue", "v1", "b:1", "sha256:1111", 2, "{}"), ImmutableSortedDictionary<string, string>.Empty, new HealthBaseline(8.5, 0, 200))))
            .At(0.4, new LedgerFact.Planned([], names.ToImmutableSortedDictionary(n => n, _ => ImmutableArray.Create(Version)),
                [new PlannedMigration(ScopeKind.Tenants, Version, "price", Phase.Expand, true, false, "adds a column")], false, [StepName.MigrateTenants]))
            .At(1, new LedgerFact.StepStarted(StepName.Backup), StepName.Backup)
            .At(4, new LedgerFact.StepFinished(StepName.Backup, "succeeded", "4 schemas in 2 parts", [], 3000), StepName.Backup)
            .At(3600, new LedgerFact.StepStarted(StepName.MigrateTenants), StepName.MigrateTenants);
        for (var i = 0; i < tenants / 2; i++)
            story.At(3601 + i, new LedgerFact.ScopeMigrated(Parse(names[i], i), Version, Direction.Forward, "wave", 1 + i % 2, 400 + i), StepName.MigrateTenants);
        var failed = Parse(names[tenants / 2], tenants / 2);
        return story
            .At(3620, new LedgerFact.LockWaited(failed, Version, "ACCESS EXCLUSIVE on sale", evidence, 3000, 1), StepName.MigrateTenants)
            .At(3621, new LedgerFact.LockWaited(failed, Version, "ACCESS EXCLUSIVE on sale", evidence, 3100, 2), StepName.MigrateTenants)
            .At(3621, new LedgerFact.ScopeFailed(failed, "SD0412", what, 2), StepName.MigrateTenants)
            .At(3622, new LedgerFact.GateRead("page", "previous", "pass", "0 of 20 requests failed", "errors at most 1%", evidence, 9.1, 0))
            .At(3622, new LedgerFact.Noted("warning", what), StepName.MigrateTenants)
            .At(3623, new LedgerFact.StepFinished(StepName.MigrateTenants, "failed", what, [problem], 23_000), StepName.MigrateTenants)
            .At(3624, new LedgerFact.RollbackClaimed("ana", false, what))
            .At(3624, new LedgerFact.RollbackDecided("c", "tenants go back; v1 never left", "every change has a way back", [new Change.SwitchTraffic("green", "blue")]))
            .At(3626, new LedgerFact.ScopeMigrated(Parse(names[0], 0), Version, Direction.Rollback, "back", 1, 90))
            .At(3627, new LedgerFact.Concluded(Conclusion.RolledBack, 1, $"tenants went back: {what}", [problem]));
    }

    // What can be no tenant's name is planned and reported by name only; its moves are another's.
    private static Scope Parse(string name, int number) => TenantSchema.TryParse(name, out _) is { } tenant ? new Scope.Tenant(tenant) : Scope.Parse($"t{number:00}");
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;

namespace SafeDeploy.Tests.Ledger;

/// <summary>What one version wrote the next one reads: the words in the JSON are a contract.</summary>
public sealed class LedgerJsonTests
{
    private static readonly Release V1 = new("v1", "acme/backend:v1", "sha256:1", "m1", "c0ffee");
    private static readonly RunIdentity Run = new("run-1", new Uri("https://ci.example/1"), "ana", "runner", 7);
    private static readonly ProblemNote Note = new("SD0201", "what", "where", "untouched", "now", "next", "");
    private static readonly Scope Tenant = new Scope.Tenant(TenantSchema.TryParse("acme", out _)!);

    private static readonly ImmutableArray<LedgerFact> Facts =
    [
        new LedgerFact.Opened("shop", "prod", null, V1, Run, 1),
        new LedgerFact.Planned(
            [new MigrationVersion("1")],
            ImmutableSortedDictionary<string, ImmutableArray<MigrationVersion>>.Empty.Add("acme", [new MigrationVersion("1"), new MigrationVersion("2")]),
            [new PlannedMigration(ScopeKind.Public, new MigrationVersion("1"), "first", Phase.Expand, true, false, "add column")],
            true,
            [StepName.Backup]),
        new LedgerFact.StepStarted(StepName.MigrateTenants),
        new LedgerFact.StepFinished(StepName.Backup, "failed", "summary", [Note], 12),
        new LedgerFact.SnapshotTaken(new WorldSnapshot(
            new ServingRelease("blue", "v1", null, null, 2, "{}"), ImmutableSortedDictionary<string, string>.Empty.Add("public", "abc"), new HealthBaseline(1.5, 0.01, 9))),
        new LedgerFact.Intended("w1", new Change.MigrateWave(ScopeKind.Tenants, "canaries", [Tenant], [new MigrationVersion("2")]), new Undo.MigrateBack([new MigrationVersion("2")])),
        new LedgerFact.Applied("w1", "detail", 3),
        new LedgerFact.ChangeFailed("w1", Note),
        new LedgerFact.ScopeMigrated(Tenant, new MigrationVersion("2"), Direction.Forward, "w1", 1, 4),
        new LedgerFact.ScopeFailed(Tenant, "SD0412", "lock not granted", 7),
        new LedgerFact.LockWaited(Tenant, new MigrationVersion("2"), "ACCESS EXCLUSIVE on sale", "pid 7", 3000, 1),
        new LedgerFact.GateRead("latency", "new", "pass", "12 ms", "100 ms", "", 12, 0.5),
        new LedgerFact.CompatibilityProved("canaries"),
        new LedgerFact.Committed("verify-health"),
        new LedgerFact.RollbackClaimed("run-1", false, "gates"),
        new LedgerFact.RollbackDecided("c", "tenants back", "because", [new Change.SwitchTraffic("green", null)]),
        new LedgerFact.Parked(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), "backup"),
        new LedgerFact.TakenOver(3, Run, 2),
        new LedgerFact.Noted("warning", "text"),
        new LedgerFact.Concluded(Conclusion.RolledBack, 1, "statement", []),
    ];

    [Fact]
    public void The_words_of_every_fact_are_a_contract() =>
        Golden.Verify(string.Join('\n', Facts.Select(LedgerJson.Write)));

    [Fact]
    public void Entries_of_before_a_release_could_be_named_are_read()
    {
        var claimed = Assert.IsType<LedgerFact.RollbackClaimed>(LedgerJson.ReadFact("""{"fact":"rollback-claimed","by":"ana","manual":true,"reason":"gates"}"""));
        var concluded = Assert.IsType<LedgerFact.Concluded>(LedgerJson.ReadFact("""{"fact":"concluded","conclusion":"rolled-back","exitCode":1,"statement":"back","problems":[]}"""));
        Assert.Equal((null, null), (claimed.To, concluded.RolledBackTo));
    }

    [Fact]
    public void Every_kind_of_fact_is_in_that_contract()
    {
        var kinds = typeof(LedgerFact).GetCustomAttributes(typeof(JsonDerivedTypeAttribute), false).Cast<JsonDerivedTypeAttribute>().Select(kind => kind.DerivedType);
        Assert.Equal(kinds.OrderBy(kind => kind.Name), Facts.Select(fact => fact.GetType()).OrderBy(kind => kind.Name));
    }

    [Fact]
    public void A_fact_comes_back_whatever_the_order_of_its_keys()
    {
        foreach (var written in Facts.Select(LedgerJson.Write))
            Assert.Equal(written, LedgerJson.Write(LedgerJson.ReadFact(Reversed(JsonNode.Parse(written))!.ToJsonString())));
    }

    [Fact]
    public void A_text_with_NUL_is_kept_in_a_form_that_every_store_takes()
    {
        var written = LedgerJson.Write(new LedgerFact.Noted("log", "a\0b \\u0000"));
        Assert.Equal("a\uFFFDb \\u0000", Assert.IsType<LedgerFact.Noted>(LedgerJson.ReadFact(written)).Text);
    }

    [Fact]
    public void A_fact_of_another_version_is_an_error_and_not_nothing() =>
        Assert.Throws<JsonException>(() => LedgerJson.ReadFact("""{"fact":"something-new"}"""));

    private static JsonNode? Reversed(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Reverse().Select(member => KeyValuePair.Create(member.Key, Reversed(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Reversed)]),
        _ => node?.DeepClone(),
    };
}

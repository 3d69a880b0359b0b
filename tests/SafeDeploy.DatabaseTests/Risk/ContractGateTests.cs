using System.Collections.Immutable;
using Npgsql;
using SafeDeploy.DatabaseTests.Ledger;
using SafeDeploy.Integrations.Databases.PgQuery;
using SafeDeploy.Integrations.LedgerStores.Postgres;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Pipeline;
using SafeDeploy.Risk;
using SafeDeploy.Runs;

namespace SafeDeploy.DatabaseTests.Risk;

/// <summary>A contract waits for the release that stopped using the thing, as a real ledger has it.</summary>
public sealed class ContractGateTests : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);
    private static readonly MigrationHeader AfterV2 = MigrationHeader.None with { Phase = Phase.Contract, After = "v2" };

    private TestDatabase _database = null!;
    private PostgresLedgerStore _store = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _store = new PostgresLedgerStore(new NpgsqlConnectionStringBuilder(_database.ConnectionString), PostgresLedgerOptions.Default, TimeProvider.System);
        await _store.PrepareAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task ReleaseAsync(string version, Conclusion conclusion = Conclusion.Deployed)
    {
        var hold = (await _store.HoldAsync(Deploying.Open($"run-{version}", version))).Hold;
        if (conclusion == Conclusion.Deployed)
            await hold.AppendAsync(StepName.VerifyHealth, new LedgerFact.Committed("verify-health"), CancellationToken.None);
        await hold.ConcludeAsync(Deploying.End(conclusion), CancellationToken.None);
    }

    private async Task<ContractGate> GateAsync(TimeSpan later)
    {
        var state = await _store.StateAsync("prod", CancellationToken.None);
        var chain = state.LastCommitted is null ? null : ReleaseChain.Of(state, await _store.HistoryAsync("prod", 100, CancellationToken.None));
        return new ContractGate(chain, Window, TimeProvider.System.GetUtcNow() + later);
    }

    private static (Migration, PlannedMigration) Pending(string path, MigrationHeader header, Phase phase, bool? fits)
    {
        var version = new MigrationVersion(path[..1]);
        var migration = new Migration(version, "x", "sha256:0", new MigrationScript(path, "select 1", 1), null, header);
        return (migration, new PlannedMigration(ScopeKind.Tenants, version, "x", phase, fits, phase == Phase.Contract, ""));
    }

    private static string Refused(ContractGate gate, bool mayHold, params ImmutableArray<(Migration, PlannedMigration)> planned) =>
        string.Join(' ', gate.Refusals(planned, mayHold).Select(p => p.Code));

    [Fact]
    public async Task It_waits_for_the_release_its_verification_and_the_end_of_the_window()
    {
        Assert.Contains("never deployed", (await GateAsync(Window)).Waits(AfterV2), StringComparison.Ordinal);
        await ReleaseAsync("v1");
        Assert.Contains("never deployed", (await GateAsync(Window)).Waits(AfterV2), StringComparison.Ordinal);
        await ReleaseAsync("v2", Conclusion.RolledBack);
        Assert.Contains("never deployed", (await GateAsync(Window)).Waits(AfterV2), StringComparison.Ordinal);

        await ReleaseAsync("v2b");
        var after = AfterV2 with { After = "v2b" };
        Assert.Contains("may still be taken back until", (await GateAsync(TimeSpan.Zero)).Waits(after), StringComparison.Ordinal);
        Assert.Null((await GateAsync(Window + TimeSpan.FromMinutes(1))).Waits(after));

        // Something that ended badly serves perhaps in its place.
        await ReleaseAsync("v3", Conclusion.Incomplete);
        Assert.Contains("did not end well", (await GateAsync(Window + TimeSpan.FromMinutes(1))).Waits(after), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_early_is_refused_and_due_is_not()
    {
        await ReleaseAsync("v2");
        var contract = Pending("8_drop.up.sql", AfterV2, Phase.Contract, false);

        Assert.Equal("SD0821", Refused(await GateAsync(TimeSpan.Zero), false, contract));
        Assert.Equal("SD0821", Refused(await GateAsync(TimeSpan.Zero), true, contract));
        Assert.Equal("", Refused(await GateAsync(Window + TimeSpan.FromMinutes(1)), false, contract));
    }

    [Fact]
    public async Task Expand_and_contract_in_one_release_are_refused_unless_the_release_may_break_what_serves()
    {
        var expand = Pending("7_add.up.sql", MigrationHeader.None, Phase.Expand, true);
        var contract = Pending("8_drop.up.sql", MigrationHeader.None, Phase.Contract, false);
        Assert.Equal("", Refused(await GateAsync(TimeSpan.Zero), false, expand, contract));

        await ReleaseAsync("v2");

        Assert.Equal("SD0822", Refused(await GateAsync(TimeSpan.Zero), false, expand, contract));
        Assert.Equal("SD0822", Refused(await GateAsync(Window * 2), false, expand, Pending("8_drop.up.sql", AfterV2, Phase.Contract, true)));
        Assert.Equal("", Refused(await GateAsync(TimeSpan.Zero), true, expand, contract));
        Assert.Equal("", Refused(await GateAsync(TimeSpan.Zero), false, expand));
    }

    [Fact]
    public async Task What_a_due_contract_is_for_is_accepted_and_nothing_else()
    {
        await ReleaseAsync("v2");
        var report = PlanFiles.Run(
            PgQueryParser.Load(), [new RiskFile("8_drop.up.sql", "alter table sale drop column total;\ncreate index on sale (email);")], null, RiskOptions.Default, CancellationToken.None);
        var headers = new Dictionary<string, MigrationHeader> { ["8_drop.up.sql"] = AfterV2 };

        var early = (await GateAsync(TimeSpan.Zero)).Accept(report, headers);
        var due = (await GateAsync(Window * 2)).Accept(report, headers);

        Assert.Equal(Severity.Critical, early.Worst);
        Assert.Equal(["contract after v2"], due.Statements[0].Findings.Where(f => f.Rule == "drop-column").Select(f => f.SuppressedBecause));
        Assert.Contains(due.Statements[1].Open, f => f.Rule == "create-index-without-concurrently");
    }
}

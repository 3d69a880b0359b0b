using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Integrations.HealthGates.RowSecurity;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Steps.VerifyHealth;

namespace SafeDeploy.Tests.Health;

public sealed class RowSecurityTests
{
    private const string Own = "policy own permissive for all to public using ((branch = 1)) check ()";
    private static readonly GateSettings.Rls Gate = new("rls", true, ["sale"]);

    private static RowSecurity Row(string tenant, bool exists = true, bool on = true, params string[] policies) =>
        new(Scope.Parse(tenant), "sale", exists, exists && on, false, [.. policies]);

    private static GateReading Judged(ImmutableArray<RowSecurityNote>? before, params RowSecurity[] now) =>
        RowSecurityJudgement.Of(Gate, before, RowSecurityNotes.Of(now));

    [Fact]
    public void Equal_states_are_kept_once_with_their_schemas()
    {
        var notes = RowSecurityNotes.Of([Row("b", policies: Own), Row("a", policies: Own), Row("c", on: false)]);
        Assert.Equal([2, 1], notes.Select(n => n.Schemas.Length));
        Assert.Equal(["a", "b"], notes[0].Schemas.AsEnumerable());
    }

    [Fact]
    public void What_is_as_before_passes_even_where_tenants_differ()
    {
        RowSecurity[] rows = [Row("a", policies: Own), Row("b", on: false), Row("c", policies: Own)];
        Assert.Equal(Verdict.Pass, Judged(RowSecurityNotes.Of(rows), rows).Verdict);
    }

    [Fact]
    public void Every_loss_is_named_with_its_tenant()
    {
        var before = RowSecurityNotes.Of([.. "abcdefg".Select(t => Row(t.ToString(), policies: Own))]);
        var reading = Judged(
            before, Row("a", policies: Own), Row("b", on: false, policies: Own), Row("c"), Row("d", exists: false),
            Row("e", policies: Own.Replace("= 1", "= 2", StringComparison.Ordinal)), Row("f", policies: [Own, "policy all permissive"]), Row("g", on: false));
        Assert.Equal(Verdict.Fail, reading.Verdict);
        Golden.Verify($"{reading.Measured}\n{reading.Threshold}\n{reading.Detail.Replace("; ", ";\n", StringComparison.Ordinal)}");
    }

    [Fact]
    public void Without_a_snapshot_tenants_are_compared_with_each_other() => Assert.Equal(
        (Verdict.Fail, Verdict.Pass),
        (Judged(null, Row("a", policies: Own), Row("b", policies: Own), Row("c", on: false, policies: Own)).Verdict,
            Judged(null, Row("a", policies: Own), Row("b", policies: Own)).Verdict));

    [Fact]
    public void A_tenant_that_came_meanwhile_is_compared_with_its_peers()
    {
        var before = RowSecurityNotes.Of([Row("a", policies: Own), Row("b", policies: Own)]);
        Assert.Equal(Verdict.Fail, Judged(before, Row("a", policies: Own), Row("b", policies: Own), Row("new")).Verdict);
    }

    [Fact]
    public void A_missing_table_is_never_as_before()
    {
        var missing = Row("a", exists: false);
        Assert.Equal(Verdict.Fail, Judged(RowSecurityNotes.Of([missing]), missing).Verdict);
    }

    [Fact]
    public void No_tenant_is_no_reading() => Assert.Equal(Verdict.Inconclusive, Judged(null).Verdict);
}

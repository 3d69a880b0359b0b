using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Preflight;

namespace SafeDeploy.Tests.Preflight;

/// <summary>Tenants at one version must be built alike.</summary>
public sealed class DriftTests
{
    private static readonly ImmutableArray<string> Usual = ["table sale", "column sale.total numeric(12,2) not null", "index sale_total"];

    [Fact]
    public async Task Tenants_that_are_built_alike_pass()
    {
        var finding = await CheckAsync(Fleet(("a", ""), ("b", ""), ("c", "")), ("a", Usual), ("b", Usual), ("c", Usual));
        Assert.IsType<PreflightFinding.Good>(finding);
    }

    [Fact]
    public async Task A_tenant_changed_by_hand_is_named_with_its_object()
    {
        var finding = await CheckAsync(Fleet(("a", ""), ("b", ""), ("c", "")), ("a", Usual), ("b", Usual.Add("column sale.note text").Remove("index sale_total")), ("c", Usual));
        Golden.Verify(SafeDeploy.Reporting.ProblemText.Render(Assert.IsType<PreflightFinding.Refusal>(finding).Problem));
    }

    [Fact]
    public async Task Tenants_at_different_versions_may_differ()
    {
        var finding = await CheckAsync(Fleet(("a", "7"), ("b", ""), ("c", "7")), ("a", Usual), ("b", Usual.Add("column sale.note text")), ("c", Usual));
        Assert.IsType<PreflightFinding.Good>(finding);
    }

    [Fact]
    public async Task Drift_that_a_person_accepts_is_a_warning()
    {
        var finding = await CheckAsync(Fleet(("a", ""), ("b", "")), accepted: true, ("a", Usual), ("b", []));
        Assert.IsType<PreflightFinding.Warning>(finding);
    }

    private static Task<PreflightFinding> CheckAsync(FleetHistory fleet, params (string Schema, ImmutableArray<string> Lines)[] structures) =>
        CheckAsync(fleet, false, structures);

    private static async Task<PreflightFinding> CheckAsync(FleetHistory fleet, bool accepted, params (string Schema, ImmutableArray<string> Lines)[] structures)
    {
        var database = new PreflightTests.FakeDatabase(PreflightTests.Good, PreflightTests.Fleet)
        {
            Structures = structures.ToImmutableSortedDictionary(s => s.Schema, s => s.Lines),
        };
        var subject = new PreflightSubject(
            PreflightTests.Config(), database, PreflightTests.Good, PreflightTests.Fleet, null, null, new Release("v2", null, null, "m", null))
        {
            Now = TimeProvider.System.GetUtcNow(),
            Fleet = fleet,
            AcceptsDrift = accepted,
        };
        var check = PreflightStep.AllChecks.Single(c => c.Name == "drift between tenants");
        return Assert.Single(await check.CheckAsync(subject, CancellationToken.None));
    }

    /// <summary>Each tenant with the version it still lacks, or none.</summary>
    private static FleetHistory Fleet(params (string Schema, string Lacks)[] tenants) => new(
        MigrationSet.Empty(ScopeKind.Tenants),
        tenants.ToImmutableSortedDictionary(t => Scope.Parse(t.Schema), t => t.Lacks.Length == 0 ? [] : ImmutableArray.Create(Migration(t.Lacks))),
        ImmutableArray<Problem>.Empty);

    private static Migration Migration(string version) =>
        new(new MigrationVersion(version), "next", "sha256:0", new MigrationScript("db/7.sql", "select 1", 1), null, MigrationHeader.None);
}

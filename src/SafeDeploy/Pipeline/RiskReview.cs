using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Fleet;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Pipeline;

/// <summary>What is judged: the two sets with what is pending in them, and what is known besides.</summary>
/// <param name="SharedTables">Tables of other schemas that a tenant migration may lock or write.</param>
/// <param name="Catalogue">The schemas as SQL, as the live catalogue or an export has them; null = the applied files say what exists.</param>
/// <param name="Today">Ends suppressions whose last day is over.</param>
public sealed record RiskSubject(
    RiskSettings Settings, FleetHistory? Public, FleetHistory? Tenants, ImmutableArray<string> SharedTables, string? Catalogue, DateOnly Today);

/// <summary>Judges what is pending, knowing what the earlier files made. Pure.</summary>
public static class RiskReview
{
    private static readonly RiskFile IntoTenant = new("tenant", $"create schema {TenantContext.OwnSchema}; set search_path = {TenantContext.OwnSchema}, public;", IsReplayed: true);

    private static readonly RiskFile IntoPublic = new("public", "set search_path = public;", IsReplayed: true);

    // What other programs made beside these files is not known: a name that is missing here may well exist.
    private static readonly SchemaScript Unknown = new([], ["only the project's own migrations are known"]);

    public static RiskReport Of(ISqlParser parser, RiskSubject subject, CancellationToken cancellation)
    {
        var known = Known(subject);
        var names = subject.Tenants?.Pending.Keys.Select(s => s.Schema).Where(s => s != TenantContext.OwnSchema).ToImmutableHashSet(StringComparer.Ordinal) ?? [];
        var options = new RiskOptions(false, subject.Settings.ProtectedTables, subject.Today) { Approvals = subject.Settings.Approvals };
        var analyzer = new RiskAnalyzer(parser);
        RiskReport Judge(bool tenants, IEnumerable<RiskFile> files) => analyzer.Analyze(
            files, Unknown, subject.Tenants is null ? options : options with { Tenants = new TenantContext(tenants, subject.SharedTables, names, SharedTargets.Of(parser, known)) }, cancellation);
        var first = Judge(false, [.. known, IntoPublic, .. Pending(subject.Public, replayed: false)]);
        var second = Judge(true, [.. known, IntoPublic, .. Pending(subject.Public, replayed: true), IntoTenant, .. Pending(subject.Tenants, replayed: false)]);
        return new RiskReport(first.Statements.AddRange(second.Statements), [])
        {
            Files = [.. Pending(subject.Public, replayed: false), .. Pending(subject.Tenants, replayed: false)],
        };
    }

    /// <summary>The findings at or above the threshold, worst first; each in one line.</summary>
    public static IEnumerable<string> Lines(RiskReport report) => report.Statements
        .SelectMany(s => s.Open.Select(f => (Statement: s, Finding: f)))
        .OrderByDescending(f => f.Finding.Severity)
        .Select(f => $"{f.Statement.File}:{f.Statement.Line}  {f.Finding.Severity.ToString().ToLowerInvariant()}  {f.Finding.Rule}: {f.Finding.Message}");

    private static ImmutableArray<RiskFile> Known(RiskSubject subject) => subject.Catalogue is { } catalogue
        ? [new RiskFile("catalogue", catalogue, IsReplayed: true)]
        : [.. Applied(subject.Public), IntoTenant, .. Applied(subject.Tenants)];

    private static IEnumerable<RiskFile> Applied(FleetHistory? fleet) =>
        Migrations(fleet, pending: false).Select(m => new RiskFile(m.Forward.Path, m.Forward.Sql, m.Forward.FirstLine, IsReplayed: true));

    private static IEnumerable<RiskFile> Pending(FleetHistory? fleet, bool replayed) =>
        Migrations(fleet, pending: true).Select(m => RiskFile.Of(fleet!.Set, m, replayed));

    private static IEnumerable<Migration> Migrations(FleetHistory? fleet, bool pending)
    {
        if (fleet is null)
            return [];
        // A scope without any migration is new and empty: what waits for it alone was judged when it was released.
        var used = fleet.Pending.Values.Where(p => p.Length < fleet.Set.Migrations.Length).ToArray();
        var versions = (used.Length > 0 ? used : fleet.Pending.Values).SelectMany(p => p).Select(m => m.Version).ToHashSet();
        return fleet.Set.Migrations.Where(m => versions.Contains(m.Version) == pending);
    }
}

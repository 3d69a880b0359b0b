using System.Collections.Immutable;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Pipeline;

/// <summary>Judges what is pending, knowing what the earlier files made. Pure.</summary>
public static class RiskReview
{
    /// <param name="today">Ends suppressions whose last day is over.</param>
    public static RiskReport Of(ISqlParser parser, RiskSettings settings, IEnumerable<FleetHistory> fleets, DateOnly today, CancellationToken cancellation)
    {
        var statements = ImmutableArray.CreateBuilder<JudgedStatement>();
        var earlier = ImmutableArray.CreateBuilder<SqlParseResult>();
        var judged = ImmutableArray.CreateBuilder<RiskFile>();
        foreach (var fleet in fleets)
        {
            var pending = fleet.Versions.ToHashSet();
            foreach (var old in fleet.Set.Migrations.Where(m => !pending.Contains(m.Version)))
                earlier.AddRange(SchemaScript.Read(old.Forward.Path, old.Forward.Sql, parser).Statements);
            // What other programs made beside these files is not known: a name that is missing here may well exist.
            var before = new SchemaScript(earlier.ToImmutable(), ["only the project's own migrations are known"]);
            var files = fleet.Set.Migrations.Where(m => pending.Contains(m.Version))
                .Select(m => new RiskFile(m.Forward.Path, m.Forward.Sql, m.Forward.FirstLine, m.Rollback?.Sql)).ToImmutableArray();
            judged.AddRange(files);
            var options = new RiskOptions(false, settings.ProtectedTables, today);
            statements.AddRange(new RiskAnalyzer(parser).Analyze(files, before, options, cancellation).Statements);
        }

        return new RiskReport(statements.ToImmutable(), []) { Files = judged.ToImmutable() };
    }

    /// <summary>The findings at or above the threshold, worst first; each in one line.</summary>
    public static IEnumerable<string> Lines(RiskReport report) => report.Statements
        .SelectMany(s => s.Open.Select(f => (Statement: s, Finding: f)))
        .OrderByDescending(f => f.Finding.Severity)
        .Select(f => $"{f.Statement.File}:{f.Statement.Line}  {f.Finding.Severity.ToString().ToLowerInvariant()}  {f.Finding.Rule}: {f.Finding.Message}");
}

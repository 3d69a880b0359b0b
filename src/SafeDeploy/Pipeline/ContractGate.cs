using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Risk;

namespace SafeDeploy.Pipeline;

/// <summary>
/// Expand and contract over time: what is removed waits until the release that stopped using it (header <c>after=VERSION</c>) is deployed,
/// verified and past the window in which it may still be taken back. Pure.
/// </summary>
/// <param name="chain">The releases that served, newest first; null before the first deployment.</param>
/// <param name="window"><c>rollback.window</c>.</param>
public sealed class ContractGate(ReleaseChain? chain, TimeSpan window, DateTimeOffset now)
{
    // What a contract is for: removing what no release uses any more. Everything else stays a finding.
    private static readonly ImmutableHashSet<string> Intended =
    [
        "drop-column", "drop-table", "drop-view", "drop-routine", "drop-sequence", "drop-column-takes-dependents", "drop-default", "drop-not-null", "set-not-null-without-proof",
    ];

    /// <summary>Why a contract must still wait; null when it is due, or when it names no release.</summary>
    public string? Waits(MigrationHeader header)
    {
        if (header.Phase != Phase.Contract || header.After.Length == 0)
            return null;
        if (chain?.Served.FirstOrDefault(d => d.To.Version == header.After || d.To.Digest == header.After) is not { } release)
            return $"{header.After}, which no longer uses what is removed, was never deployed and verified here";
        if (!chain.NewestServes)
            return "the last deployment did not end well: what serves may still use what is removed";
        var end = (release.ConcludedAt ?? release.OpenedAt) + window;
        return end <= now ? null : string.Create(CultureInfo.InvariantCulture, $"{header.After} may still be taken back until {end.UtcDateTime:yyyy-MM-dd HH:mm} UTC (rollback.window)");
    }

    /// <summary>True when the release that stopped using the thing serves and cannot be taken back any more.</summary>
    public bool IsDue(MigrationHeader header) => header is { Phase: Phase.Contract, After.Length: > 0 } && Waits(header) is null;

    /// <summary>What forbids to start: contracts that come too early, and a mix of expand and contract.</summary>
    /// <param name="planned">Each pending migration once.</param>
    /// <param name="mayHold">The configuration allows a release that breaks what serves.</param>
    public IEnumerable<Problem> Refusals(ImmutableArray<(Migration Migration, PlannedMigration Planned)> planned, bool mayHold)
    {
        foreach (var (migration, _) in planned)
        {
            if (Waits(migration.Header) is { } why)
                yield return PipelineProblems.TooEarly(migration.Forward.Path, $"{migration.Version} {migration.Name}", why);
        }

        var contract = planned.FirstOrDefault(p => p.Planned.Phase == Phase.Contract && (p.Planned.FitsPreviousImage == false || IsDue(p.Migration.Header)));
        var expand = planned.FirstOrDefault(p => p.Planned.Phase == Phase.Expand);
        // Before the first release nothing serves that could break, and the whole history is pending at once.
        if (contract.Migration is not null && expand.Migration is not null && !mayHold && chain is { Served.IsEmpty: false })
            yield return PipelineProblems.MixedPhases(expand.Migration.Forward.Path, contract.Migration.Forward.Path);
    }

    /// <summary>The report with the findings accepted that a due contract is for.</summary>
    public RiskReport Accept(RiskReport report, IReadOnlyDictionary<string, MigrationHeader> headers) => report with
    {
        Statements = [.. report.Statements.Select(s => headers.GetValueOrDefault(s.File) is { } header && IsDue(header) ? Accept(s, header) : s)],
    };

    private static JudgedStatement Accept(JudgedStatement statement, MigrationHeader header) => statement with
    {
        Findings = [.. statement.Findings.Select(f => Intended.Contains(f.Rule) && f.SuppressedBecause is null ? f with { SuppressedBecause = $"contract after {header.After}" } : f)],
    };
}

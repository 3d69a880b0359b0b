using System.Collections.Immutable;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Reporting;

/// <summary>What a run says about itself, made from the ledger's entries alone. Pure.</summary>
/// <param name="Conclusion">Null while the deployment is open.</param>
/// <param name="Statement">The end state in one sentence.</param>
/// <param name="Scopes">Every scope this deployment touched, those that went back included; ordered.</param>
public sealed record RunReport(
    string Deployment,
    string Project,
    string Environment,
    Release? From,
    Release? To,
    DateTimeOffset? StartedAt,
    Conclusion? Conclusion,
    int? ExitCode,
    string Statement,
    ImmutableArray<StepReport> Steps,
    DecisionReport? Decision,
    ImmutableArray<ScopeReport> Scopes,
    ImmutableArray<ProblemNote> Problems,
    ImmutableArray<string> Notes)
{
    /// <summary>Id of the backup that the deployment took, or null.</summary>
    public string? Backup { get; init; }

    /// <summary>Scopes whose last word is a failure; in order.</summary>
    public ImmutableArray<ScopeFailure> Failures { get; init; } = [];

    public static RunReport Of(DeploymentId id, LedgerHistory history)
    {
        var opened = history.Opened;
        var end = history.End;
        return new RunReport(
            id.Value,
            opened?.Project ?? "",
            opened?.Environment ?? "",
            opened?.From,
            opened?.To,
            history.StartedAt,
            ConclusionOf(history),
            end?.ExitCode,
            end?.Statement ?? OpenWords(history),
            StepsOf(history),
            DecisionOf(history),
            ScopesOf(history),
            end?.Problems ?? [.. history.Entries.Select(e => e.Fact).OfType<LedgerFact.StepFinished>().SelectMany(f => f.Problems)],
            [.. history.Entries.Select(e => e.Fact).OfType<LedgerFact.Noted>().Select(n => $"{n.Kind}: {n.Text}")])
        {
            Backup = history.Changes().Where(c => c.Applied).Select(c => c.Intended.Change).OfType<Change.TakeBackup>().LastOrDefault()?.Set,
            Failures = FailuresOf(history),
        };
    }

    private static DecisionReport? DecisionOf(LedgerHistory history) => history.Decision is { } decision
        ? new DecisionReport(decision.Row, decision.Decision, decision.Reason, [.. decision.Actions.Select(RollbackWords.Of)])
        : null;

    private static Conclusion? ConclusionOf(LedgerHistory history) =>
        history.End?.Conclusion ?? (history.Entries.LastOrDefault()?.Fact is LedgerFact.Parked ? Runs.Conclusion.Parked : null);

    private static string OpenWords(LedgerHistory history) => history.Entries.LastOrDefault()?.Fact switch
    {
        null => "no deployment",
        LedgerFact.Parked parked => $"parked after {parked.After} until {parked.Until:u}",
        _ => "open: not concluded",
    };

    private static ImmutableArray<StepReport> StepsOf(LedgerHistory history) =>
    [
        .. history.Entries.Select(e => e.Fact).OfType<LedgerFact.StepFinished>()
            .GroupBy(f => f.Step)
            .OrderBy(g => g.Key)
            .Select(g => new StepReport(g.Key, g.Last().Result, g.Last().Summary, g.Sum(f => f.DurationMs))),
    ];

    private static ImmutableArray<ScopeReport> ScopesOf(LedgerHistory history) =>
    [
        .. history.Entries.Select(e => e.Fact).OfType<LedgerFact.ScopeMigrated>()
            .GroupBy(f => f.Scope)
            .OrderBy(g => g.Key is Scope.Tenant)
            .ThenBy(g => g.Key)
            .Select(ScopeOf),
    ];

    /// <summary>One that was migrated in a later attempt has not failed.</summary>
    private static ImmutableArray<ScopeFailure> FailuresOf(LedgerHistory history) =>
    [
        .. history.Entries.Select(e => e.Fact).Where(f => f is LedgerFact.ScopeFailed or LedgerFact.ScopeMigrated { Direction: Direction.Forward })
            .GroupBy(f => f is LedgerFact.ScopeFailed failed ? failed.Scope : ((LedgerFact.ScopeMigrated)f).Scope)
            .Select(g => g.Last()).OfType<LedgerFact.ScopeFailed>()
            .OrderBy(f => f.Scope)
            .Select(f => new ScopeFailure(f.Scope.Schema, f.Code, f.What, f.Attempts)),
    ];

    private static ScopeReport ScopeOf(IGrouping<Scope, LedgerFact.ScopeMigrated> facts)
    {
        var forward = facts.Where(f => f.Direction == Direction.Forward).Select(f => f.Version).Distinct();
        var back = facts.GroupBy(f => f.Version).Where(v => v.Last().Direction == Direction.Rollback).Select(v => v.Key);
        return new ScopeReport(
            facts.Key.Schema, [.. forward], [.. back], facts.Sum(f => f.DurationMs), facts.Max(f => f.Attempts));
    }
}

public sealed record StepReport(StepName Step, string Result, string Summary, long DurationMs);

/// <param name="Actions">In order, one line each.</param>
public sealed record DecisionReport(string Row, string Decision, string Reason, ImmutableArray<string> Actions);

/// <param name="Forward">Versions that this deployment applied.</param>
/// <param name="Back">What it took back: its own, and of earlier deployments where a person named an older release.</param>
public sealed record ScopeReport(
    string Schema, ImmutableArray<MigrationVersion> Forward, ImmutableArray<MigrationVersion> Back, long DurationMs, int Attempts);

/// <param name="Code">Of the problem that ended it.</param>
public sealed record ScopeFailure(string Schema, string Code, string What, int Attempts);

using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Migrations;
using SafeDeploy.Runs;
using SafeDeploy.Steps.Rollback;

namespace SafeDeploy.Reporting;

/// <summary>The ledger's entries as lines that people read; single scopes and the "intended" of a change that was applied are left out.</summary>
internal static class TimelineReader
{
    public static IEnumerable<TimelineEntry> Read(LedgerHistory history)
    {
        var start = history.StartedAt ?? default;
        var intended = history.Entries.Select(e => e.Fact).OfType<LedgerFact.Intended>().GroupBy(i => i.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);
        for (var at = 0; at < history.Entries.Length; at++)
        {
            var entry = history.Entries[at];
            if (Words(entry.Fact, intended) is var (kind, text, detail))
                yield return new TimelineEntry(entry.At, DeploymentReportReader.Offset(start, entry.At), Lasted(history.Entries, at), kind, entry.Step, text, detail);
        }
    }

    private static long? Lasted(ImmutableArray<LedgerEntry> entries, int at) => entries[at].Fact switch
    {
        LedgerFact.StepStarted started => Finish(entries, at, started.Step)?.DurationMs,
        LedgerFact.Applied applied => applied.DurationMs,
        LedgerFact.Parked when at + 1 < entries.Length => DeploymentReportReader.Offset(entries[at].At, entries[at + 1].At),
        _ => null,
    };

    /// <summary>Null while it runs, and where its process died and another began the step again.</summary>
    private static LedgerFact.StepFinished? Finish(ImmutableArray<LedgerEntry> entries, int at, StepName step) =>
        entries.Skip(at + 1).Select(e => e.Fact).FirstOrDefault(f => f is LedgerFact.StepStarted s && s.Step == step || f is LedgerFact.StepFinished e && e.Step == step) as LedgerFact.StepFinished;

    private static (string Kind, string Text, string Detail)? Words(LedgerFact fact, Dictionary<string, LedgerFact.Intended> intended) => fact switch
    {
        LedgerFact.Opened opened => ("opened", $"{opened.From?.Display ?? "nothing"} → {opened.To.Display}, by {opened.Run.Actor} on {opened.Run.Host}", ""),
        LedgerFact.SnapshotTaken { World: var world } => ("note", world.Serving is { } serving ? $"before: {serving.Version} serves from slot {serving.Slot}" : "before: nothing serves", ""),
        LedgerFact.StepStarted started => ("step", $"{started.Step.Text()} begins", ""),
        LedgerFact.StepFinished finished => (finished.Result is "failed" or "refused" ? "failure" : "done", $"{finished.Step.Text()} {finished.Result}", finished.Summary),
        LedgerFact.Applied applied => (KindOf(intended.GetValueOrDefault(applied.Id)?.Change), Applied(applied, intended.GetValueOrDefault(applied.Id)), ""),
        LedgerFact.ChangeFailed failed => ("failure", $"{(intended.GetValueOrDefault(failed.Id) is { } change ? Of(change.Change) : failed.Id)} failed", $"{failed.Problem.Code} {failed.Problem.What}"),
        LedgerFact.ScopeFailed failed => ("failure", $"{failed.Scope.Schema} failed", $"{failed.Code} {failed.What}"),
        LedgerFact.LockWaited wait => ("note", Lock(wait), ""),
        LedgerFact.GateRead { Verdict: "pass" } => null,
        LedgerFact.GateRead gate => ("gate", $"gate {gate.Gate} ({gate.Subject}) {gate.Verdict}", $"{gate.Measured}{(gate.Detail.Length == 0 ? "" : $"; {gate.Detail}")}"),
        LedgerFact.CompatibilityProved proved => ("gate", $"the previous image works on the schema as it is after {proved.After}", ""),
        LedgerFact.Committed committed => ("commit", $"commit point, set by {committed.By}", ""),
        LedgerFact.RollbackClaimed claimed => ("rollback", $"rollback {(claimed.Manual ? "asked for by" : "begun by")} {claimed.By}", claimed.Reason),
        LedgerFact.RollbackDecided decided => ("rollback", $"decision {decided.Row}", $"{decided.Decision}; because {decided.Reason}"),
        LedgerFact.Parked parked => ("parked", string.Create(CultureInfo.InvariantCulture, $"parked after {parked.After} until {parked.Until:u}"), ""),
        LedgerFact.TakenOver taken => ("taken-over", string.Create(CultureInfo.InvariantCulture, $"taken over by {taken.By.Actor} on {taken.By.Host}; {taken.SessionsEnded} sessions of the former process ended"), ""),
        LedgerFact.Noted noted => ("note", $"{noted.Kind}: {noted.Text}", ""),
        LedgerFact.Concluded concluded => ("end", ReportWords.Of(concluded.Conclusion), concluded.Statement),
        // Planned, Intended and ScopeMigrated have pictures and tables of their own.
        _ => null,
    };

    private static string KindOf(Change? change) => change switch
    {
        Change.MigrateScopeBack or Change.RestoreScope => "scope",
        Change.PrepareTarget => "prepare",
        _ => "change",
    };

    private static string Applied(LedgerFact.Applied applied, LedgerFact.Intended? intended) =>
        // What was removed left its last logs: evidence, not a line.
        intended is { Change: Change.RemoveRelease or Change.RetireRelease } ? Of(intended.Change)
        : applied.Detail.Length > 0 ? applied.Detail : intended is null ? applied.Id : Of(intended.Change);

    private static string Of(Change change) => change switch
    {
        Change.MigrateWave { Kind: ScopeKind.Public } => "public",
        Change.MigrateWave wave => $"wave \"{wave.Wave}\"",
        Change.TakeBackup backup => $"backup {backup.Set}",
        Change.PrepareTarget prepare => prepare.What,
        Change.RestoreScope restore => $"{restore.Scope}: restored from {restore.Set}",
        Change.RestoreDatabase restore => $"everything restored from {restore.Set}",
        Change.RestoreFiles restore => $"files restored from {restore.Set}",
        _ => RollbackWords.Of(change),
    };

    private static string Lock(LedgerFact.LockWaited wait) => string.Create(
        CultureInfo.InvariantCulture,
        $"{wait.Scope.Schema}: attempt {wait.Attempt} of {wait.Version} gave up after {wait.WaitedMs / 1000.0:0.0} s{(wait.Lock.Length == 0 ? "" : $" waiting for {wait.Lock}")}{(wait.HeldBy.Length == 0 ? "" : $", held by {wait.HeldBy}")}");
}

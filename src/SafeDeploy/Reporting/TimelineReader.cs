using System.Globalization;
using SafeDeploy.Ledger;
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
        foreach (var entry in history.Entries)
            if (Words(entry.Fact, intended) is var (kind, text))
                yield return new TimelineEntry(entry.At, DeploymentReportReader.Offset(start, entry.At), kind, entry.Step, text);
    }

    private static (string Kind, string Text)? Words(LedgerFact fact, Dictionary<string, LedgerFact.Intended> intended) => fact switch
    {
        LedgerFact.Opened opened => ("opened", $"{opened.From?.Display ?? "nothing"} → {opened.To.Display}, by {opened.Run.Actor} on {opened.Run.Host}"),
        LedgerFact.SnapshotTaken { World: var world } => ("note", world.Serving is { } serving ? $"before: {serving.Version} serves from slot {serving.Slot}" : "before: nothing serves"),
        LedgerFact.StepStarted started => ("step", $"{started.Step.Text()} begins"),
        LedgerFact.StepFinished { Result: "failed" or "refused" } finished => ("failure", $"{finished.Step.Text()} {finished.Result}: {finished.Summary}"),
        LedgerFact.StepFinished finished => ("step", $"{finished.Step.Text()} {finished.Result}: {finished.Summary}"),
        LedgerFact.Applied applied => ("change", Applied(applied, intended.GetValueOrDefault(applied.Id))),
        LedgerFact.ChangeFailed failed => ("failure", $"{failed.Problem.Code} {failed.Problem.What}"),
        LedgerFact.ScopeFailed failed => ("failure", $"{failed.Scope.Schema}: {failed.Code} {failed.What}"),
        LedgerFact.LockWaited wait => ("note", Lock(wait)),
        LedgerFact.GateRead { Verdict: "pass" } => null,
        LedgerFact.GateRead gate => ("gate", $"gate {gate.Gate} ({gate.Subject}) {gate.Verdict}: {gate.Measured}{(gate.Detail.Length == 0 ? "" : $"; {gate.Detail}")}"),
        LedgerFact.CompatibilityProved proved => ("gate", $"the previous image works on the schema as it is after {proved.After}"),
        LedgerFact.Committed committed => ("commit", $"commit point, set by {committed.By}"),
        LedgerFact.RollbackClaimed claimed => ("rollback", $"rollback {(claimed.Manual ? "asked for by" : "begun by")} {claimed.By}{(claimed.Reason.Length == 0 ? "" : $": {claimed.Reason}")}"),
        LedgerFact.RollbackDecided decided => ("rollback", $"decision {decided.Row}: {decided.Decision}; because {decided.Reason}"),
        LedgerFact.Parked parked => ("parked", string.Create(CultureInfo.InvariantCulture, $"parked after {parked.After} until {parked.Until:u}")),
        LedgerFact.TakenOver taken => ("taken-over", string.Create(CultureInfo.InvariantCulture, $"taken over by {taken.By.Actor} on {taken.By.Host}; {taken.SessionsEnded} sessions of the former process ended")),
        LedgerFact.Noted noted => ("note", $"{noted.Kind}: {noted.Text}"),
        LedgerFact.Concluded concluded => ("end", concluded.Statement),
        // Planned, Intended and ScopeMigrated have pictures and tables of their own.
        _ => null,
    };

    private static string Applied(LedgerFact.Applied applied, LedgerFact.Intended? intended) =>
        // What was removed left its last logs: evidence, not a line.
        intended is { Change: Change.RemoveRelease or Change.RetireRelease } ? RollbackWords.Of(intended.Change)
        : applied.Detail.Length > 0 ? applied.Detail : intended is null ? applied.Id : RollbackWords.Of(intended.Change);

    private static string Lock(LedgerFact.LockWaited wait) => string.Create(
        CultureInfo.InvariantCulture,
        $"{wait.Scope.Schema}: attempt {wait.Attempt} of {wait.Version} gave up after {wait.WaitedMs / 1000.0:0.0} s{(wait.Lock.Length == 0 ? "" : $" waiting for {wait.Lock}")}{(wait.HeldBy.Length == 0 ? "" : $", held by {wait.HeldBy}")}");
}

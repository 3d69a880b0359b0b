using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Ledger;
using SafeDeploy.Problems;
using SafeDeploy.Runs;

namespace SafeDeploy.Pipeline;

/// <summary>What can go wrong with a deployment as a whole.</summary>
public static class PipelineProblems
{
    private const string NothingTouched = "nothing was touched: database, containers and traffic are as they were";

    public static readonly ProblemInfo Occupied = new(
        "SD0801", "another deployment holds the environment",
        "One deployment works on an environment at a time. Another run works on it, waits between two jobs, or died without ending.",
        "Wait for it, or end it with `safe-deploy recover` (it fences the old run first).");

    public static readonly ProblemInfo Ended = new(
        "SD0802", "the deployment has ended already",
        "The step belongs to a deployment that was concluded; repeating one job of it would act on a world that has changed since.",
        "Re-run all jobs: the first one opens a new attempt.");

    public static readonly ProblemInfo Incompatible = new(
        "SD0803", "the release is incompatible with the image that serves, and maintenance is not allowed",
        "While the tenants are migrated the serving image meets the new schema. This change breaks it, so traffic would have to be held.",
        "Split the change into expand and contract releases, or set deploy.maintenance: allowed.");

    public static readonly ProblemInfo StepCrashed = new(
        "SD0804", "a step ended with an unexpected error",
        "The program met a case it does not know. The ledger holds what was done; the way back is computed from it.",
        "Report the message together with `safe-deploy status --output json`.");

    public static readonly ProblemInfo Cancelled = new(
        "SD0805", "the run was cancelled",
        "The process was told to stop. What it had begun is recorded; nothing new was started.",
        "Run the same command again to go on, or `safe-deploy recover` to end it.");

    public static readonly ProblemInfo NothingToRollBack = new(
        "SD0806", "there is no deployment to roll back",
        "The ledger of this environment has no deployment.",
        "Check --environment; `safe-deploy history` lists what the ledger knows.");

    public static readonly ProblemInfo AlreadyRolledBack = new(
        "SD0807", "the deployment was rolled back already",
        "A rollback is never rolled back.",
        "Deploy the release you want to serve with `safe-deploy run`.");

    public static readonly ProblemInfo Drift = new(
        "SD0808", "what serves is not what was released last",
        "The image that serves differs from the last committed release: somebody deployed past the ledger.",
        "Name what serves with `--accept-serving DIGEST`, or deploy the recorded release again.");

    public static readonly ProblemInfo NotVerified = new(
        "SD0809", "the way back was taken but its result is not verified",
        "Every action of the rollback was applied, and a check afterwards is red.",
        "Look at the check named here; the previous release serves, perhaps not well.");

    public static readonly ProblemInfo NotFinished = new(
        "SD0810", "the rollback stopped before its end",
        "An action of the way back failed. What was undone and what was not is listed.",
        "Remove the cause and call `safe-deploy recover`: it goes on where the rollback stopped.");

    public static readonly ProblemInfo HeldTooLong = new(
        "SD0811", "traffic was held longer than allowed",
        "An incompatible release may hold traffic for `deploy.maintenance` at most hold_within.",
        "Make the migrations faster, or raise hold_within.");

    public static readonly ProblemInfo BackupSkipped = new(
        "SD0812", "a data-changing step without a backup",
        "Migrations are pending and the backup was left out without a written reason.",
        "Leave --skip backup away, or give --reason \"…\": it is recorded.");

    public static readonly ProblemInfo PersonNeeded = new(
        "SD0813", "rollback is forbidden: a person decides",
        "The decision table found no way back that is proved safe.",
        "Read the reason; finish forward with a fixed release, or bring data back from a set: `safe-deploy restore --list`, then `--dry-run` says what would be lost.");

    public static readonly ProblemInfo TooRisky = new(
        "SD0814", "the pending migrations are too risky",
        "The analysis found something at or above risk.fail_on in what is pending.",
        "Rewrite the statement as the finding says, or silence it with a written reason: -- safe-deploy: ignore RULE because=\"…\".");

    public static readonly ProblemInfo ContractTooEarly = new(
        "SD0821", "a contract migration comes too early",
        "What it removes may still be used: by what serves, or by a release that may be taken back.",
        "Deploy and verify the release that stopped using it, wait for the end of rollback.window, then release the contract.");

    public static readonly ProblemInfo PhasesMixed = new(
        "SD0822", "expand and contract in one release",
        "A release that adds and removes at once cannot be taken back without the schema.",
        "Release the additions first; remove in a later release, with -- safe-deploy: phase=contract after=VERSION.");

    public static ImmutableArray<ProblemInfo> All =>
    [
        Occupied, Ended, Incompatible, StepCrashed, Cancelled, NothingToRollBack, AlreadyRolledBack, Drift, NotVerified, NotFinished,
        HeldTooLong, BackupSkipped, PersonNeeded, TooRisky, ContractTooEarly, PhasesMixed,
    ];

    public static Problem OccupiedBy(EnvironmentState state)
    {
        var run = state.Holder ?? state.Current!.Run;
        var age = state.HeartbeatAge is { } a ? $"last heard {Words(a.Duration())} ago" : "never heard";
        var (what, next) = state.State switch
        {
            HoldState.Parked => (
                $"deployment \"{state.Current!.Id}\" of \"{state.Environment}\" is parked until {state.ParkedUntil:u}",
                "wait for its next job, or end it: safe-deploy recover --take-over"),
            HoldState.Dead => (
                $"deployment \"{state.Current!.Id}\" of \"{state.Environment}\" died without ending",
                "end it: safe-deploy recover (finishes or goes back, from its ledger), or repeat the very same run to go on"),
            _ => (
                $"deployment \"{state.Current!.Id}\" works on \"{state.Environment}\"",
                "wait until it ends; if its machine is gone: safe-deploy recover (it fences the old run first)"),
        };
        return Occupied.Occurred(
            what,
            $"run {run.Url?.ToString() ?? run.RunId} by {run.Actor} on {run.Host}, {state.Current!.To.Version}, epoch {state.Epoch.ToString(CultureInfo.InvariantCulture)}, {age}",
            NothingTouched, "leaving it alone", next);
    }

    public static Problem EndedAlready(DeploymentSummary deployment) => Ended.Occurred(
        $"deployment \"{deployment.Id}\" ended as {deployment.Conclusion?.ToString() ?? "unknown"} at {deployment.ConcludedAt:u}",
        $"environment \"{deployment.Environment}\", attempt {deployment.Attempt.ToString(CultureInfo.InvariantCulture)} of this run",
        NothingTouched, "nothing", "re-run all jobs (the first one opens a new attempt), not only the failed one");

    public static Problem IncompatibleRelease(string version, string because, string where) => Incompatible.Occurred(
        $"{version} breaks the image that serves: {because}", where, NothingTouched, "refusing to start",
        "split it into expand and contract, or set deploy.maintenance: allowed (traffic is then held while the schema moves)");

    public static Problem Crashed(StepName step, Exception error) => StepCrashed.Occurred(
        $"{step.Text()} met an unexpected {error.GetType().Name}: {error.Message}", step.Text(),
        "what the ledger has not recorded as applied", "deciding the way back from the ledger", "report it with `safe-deploy status --output json`") with
    {
        Evidence = error.StackTrace ?? "",
    };

    public static Problem CancelledIn(StepName? step) => Cancelled.Occurred(
        $"the run was cancelled in {step?.Text() ?? "its preparation"}", step?.Text() ?? "before the first step",
        "what was not begun", "recording the state and stopping", "run the same command again to go on, or safe-deploy recover");

    public static Problem Nothing(string environment) => NothingToRollBack.Occurred(
        $"environment \"{environment}\" has no deployment", "the ledger", NothingTouched, "nothing", "check --environment; safe-deploy history");

    public static Problem RolledBackAlready(DeploymentSummary deployment) => AlreadyRolledBack.Occurred(
        $"deployment \"{deployment.Id}\" was rolled back already", $"environment \"{deployment.Environment}\"", NothingTouched, "nothing",
        "deploy the release you want: safe-deploy run");

    public static Problem ServesSomethingElse(string serving, string recorded, string digest) => Drift.Occurred(
        $"{serving} serves, the last committed release is {recorded}", "the deploy target against the ledger", NothingTouched, "refusing to start",
        $"find out who deployed it; to go on from there: --accept-serving {digest}");

    public static Problem Unverified(string what, string where) => NotVerified.Occurred(
        what, where, "the schemas and images named in the decision", "leaving everything as it is now", "look at the check; then safe-deploy status");

    public static Problem Unfinished(Problem cause, string done) => NotFinished.Occurred(
        $"the rollback stopped: {cause.What}", cause.Where, done, "leaving everything as it is now", $"{cause.Next}; then: safe-deploy recover") with
    {
        Evidence = cause.Evidence,
    };

    public static Problem HoldOver(TimeSpan within) => HeldTooLong.Occurred(
        $"traffic was held for {Words(within)}, the most that is allowed", "deploy.maintenance", "what was not begun", "going back",
        "make the migrations faster, or raise deploy.maintenance.hold_within");

    /// <param name="findings">Worst first, one line each.</param>
    public static Problem TooRiskyPlan(IEnumerable<string> findings, string limit)
    {
        var all = findings.ToArray();
        var shown = string.Join('\n', all.Take(10)) + (all.Length > 10 ? string.Create(CultureInfo.InvariantCulture, $"\n… and {all.Length - 10} more") : "");
        return TooRisky.Occurred(
            $"the pending migrations hold findings of severity {limit} or worse", all[0].Split("  ")[0], NothingTouched, "refusing to start",
            "rewrite the statements as `safe-deploy plan` says, or silence one: -- safe-deploy: ignore RULE because=\"…\"") with
        { Evidence = shown };
    }

    public static Problem TooEarly(string file, string migration, string why) => ContractTooEarly.Occurred(
        $"{migration} removes what is still needed: {why}", file, NothingTouched, "refusing to start",
        "release it later; a release that must not wait: rollback.window in the configuration");

    public static Problem MixedPhases(string expand, string contract) => PhasesMixed.Occurred(
        $"{expand} adds and {contract} removes in one release", contract, NothingTouched, "refusing to start",
        "release the additions now and the removal later, or set deploy.maintenance: allowed");

    public static Problem NoBackup() => BackupSkipped.Occurred(
        "--skip backup with pending migrations", "the command line", NothingTouched, "refusing to start", "leave it away, or add --reason \"…\"");

    /// <param name="set">The backup that this deployment took; null = none.</param>
    public static Problem Forbidden(string row, string decision, string reason, string? set) => PersonNeeded.Occurred(
        decision, $"decision {row}: {reason}", "every schema, image and route that is named there", "nothing more is moved",
        "finish forward with a fixed release (safe-deploy run)"
        + (set is null ? "; this deployment took no backup to restore from" : $", or look at what a restore would lose: safe-deploy restore --set {set} --everything --dry-run (or --tenant NAME)")
        + "; safe-deploy status shows every scope");

    internal static string Words(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} h"),
    };
}

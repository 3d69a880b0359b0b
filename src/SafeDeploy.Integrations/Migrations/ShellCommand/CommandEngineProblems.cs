using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.ShellCommand;

/// <summary>How another migration program can fail.</summary>
public static class CommandEngineProblems
{
    private const int LastLines = 20;

    private static readonly ProblemInfo StatusInfo = new("SD0440", "status command not understood",
        "The status command must print one line a migration: VERSION applied or VERSION pending, then an optional name.",
        "Correct migrations.*.status; messages belong on stderr.");

    private static readonly ProblemInfo ExitInfo = new("SD0441", "migration command failed",
        "A migration program ended with an exit code other than 0, or did not end in time.", "Read its last lines, correct the cause and run again.");

    private static readonly ProblemInfo DisagreesInfo = new("SD0442", "migration command and its status disagree",
        "The program ended with exit code 0, but its status does not show what it was asked for.",
        "Make the program fail when it fails, or correct the status command.");

    private static readonly ProblemInfo NoRollbackInfo = new("SD0443", "migration command without a way back",
        "The configuration names no rollback command.", "Set migrations.*.rollback, go forward with a new migration, or restore from the backup.");

    public static ImmutableArray<ProblemInfo> All => [StatusInfo, ExitInfo, DisagreesInfo, NoRollbackInfo];

    internal static Problem BadStatus(Scope scope, ImmutableArray<string> command, (int Number, string Text) line) => StatusInfo.Occurred(
        $"the status command's line {line.Number.ToString(CultureInfo.InvariantCulture)} is not a migration's: \"{line.Text}\"", $"{ScopeText.Of(scope)}: {Shown(command)}",
        "nothing was touched", "stopping", "print only lines like: 0042 pending add_invoice; messages belong on stderr");

    internal static Problem Exited(Scope scope, ImmutableArray<string> command, CommandResult result, string untouched) => ExitInfo.Occurred(
        $"{ScopeText.Of(scope)}: {(result.TimedOut ? string.Create(CultureInfo.InvariantCulture, $"the command did not end within {result.Duration.TotalSeconds:0} s") : string.Create(CultureInfo.InvariantCulture, $"the command ended with exit code {result.ExitCode}"))}",
        Shown(command), untouched, "stopping", "read its last lines, correct the cause and run again: what is applied is not repeated") with
    { Evidence = Tail(result) };

    internal static Problem Disagrees(Scope scope, ImmutableArray<string> command, MigrationVersion version, bool isApplied) => DisagreesInfo.Occurred(
        $"{ScopeText.Of(scope)}: the command succeeded, but the status says that {version} is {(isApplied ? "still applied" : "still pending")}", Shown(command),
        $"what the status shows of {ScopeText.Of(scope)} is recorded", "stopping", "make the program fail when it fails, or correct the status command");

    internal static Problem NoRollback(Scope scope) => NoRollbackInfo.Occurred(
        $"{ScopeText.Of(scope)} cannot go back: the configuration names no rollback command", "migrations", $"{ScopeText.Of(scope)} stays as it is", "stopping",
        "set migrations.*.rollback, go forward with a new migration, or restore from the backup");

    private static string Shown(ImmutableArray<string> command) => string.Join(' ', command);

    private static string Tail(CommandResult result) => string.Join('\n', new[] { result.Output, result.Error }
        .SelectMany(text => text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)).TakeLast(LastLines));
}

using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using SafeDeploy.Config;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>How running a migration can fail.</summary>
public static class SqlFilesProblems
{
    private static readonly ProblemInfo LockInfo = new("SD0412", "lock not granted",
        "A statement waited for a lock longer than migrations.lock_timeout, in every attempt; waiting longer would have stopped the traffic behind it.",
        "End or wait for the session that holds it, run again off-peak, or raise migrations.lock_timeout.");

    private static readonly ProblemInfo StatementInfo = new("SD0413", "statement failed",
        "The server refused or could not carry out a statement of a migration; its transaction was rolled back.",
        "Correct the migration, or the data it met, and run again.");

    private static readonly ProblemInfo TooSlowInfo = new("SD0415", "statement took too long",
        "A statement ran longer than migrations.statement_timeout and was ended by the server.",
        "Raise migrations.statement_timeout, or cut the work into batches.");

    private static readonly ProblemInfo OutsideInfo = new("SD0421", "migration reached outside its tenant",
        "A tenant's migration locked or wrote a table outside the tenant's schema, usually because an unqualified name that the tenant lacks is the shared schema's.",
        "Qualify or correct the name; a table that tenants really share is listed under tenants.shared.");

    private static readonly ProblemInfo ConflictInfo = new("SD0422", "deadlock or conflict in every attempt",
        "The server ended the transaction in favour of another one, in every attempt.",
        "Run again off-peak, or with migrations.parallel: 1.");

    private static readonly ProblemInfo LostInfo = new("SD0423", "connection lost in every attempt",
        "The connection to the server broke, in every attempt.", "See why the server or the network drops it, then run again: it goes on where it stopped.");

    private static readonly ProblemInfo NoWayBackInfo = new("SD0424", "no rollback script kept",
        "The history keeps no way back for a migration that is to be undone.", "Go forward with a new migration, or restore from the backup.");

    private static readonly ProblemInfo HalfBackInfo = new("SD0425", "migration half taken back",
        "A rollback outside a transaction was interrupted; the scope is between two versions.", "Run safe-deploy rollback, which ends it.");

    public static ImmutableArray<ProblemInfo> All =>
        [LockInfo, StatementInfo, TooSlowInfo, OutsideInfo, ConflictInfo, LostInfo, NoWayBackInfo, HalfBackInfo];

    internal static Problem Of(ScopeMove move, AttemptFailure failure, MigrationLimits limits, int attempts) => failure.Kind switch
    {
        FailureKind.LockNotGranted => LockInfo.Occurred(
            $"{Not(move)}: lock not granted within {Duration.Text(limits.LockTimeout)}{Times(attempts)}{Waited(failure.Holder)}",
            Place(move, failure), Untouched(move), "stopping", $"{Next(failure.Holder)}run again off-peak, or raise migrations.lock_timeout"),
        FailureKind.Deadlock or FailureKind.Serialization => ConflictInfo.Occurred(
            $"{Not(move)}: {(failure.Kind == FailureKind.Deadlock ? "deadlock" : "conflict with another transaction")}{Times(attempts)}",
            Place(move, failure), Untouched(move), "stopping", "run again off-peak, or set migrations.parallel: 1") with
        { Evidence = Detail(failure) },
        FailureKind.ConnectionLost => LostInfo.Occurred(
            $"{Not(move)}: the connection broke{Times(attempts)}", Place(move, failure),
            $"{ScopeText.Of(move.Scope)} is as before, or its history says otherwise on the next run", "stopping",
            "see why the server or the network drops it, then run again: each scope is moved once"),
        FailureKind.TooSlow => TooSlowInfo.Occurred(
            $"{Not(move)}: a statement took longer than {Duration.Text(limits.StatementTimeout)}", Place(move, failure), Untouched(move), "stopping",
            "raise migrations.statement_timeout, or cut the work into batches"),
        FailureKind.Outside => Outside(move, failure),
        _ => StatementInfo.Occurred(
            $"{Not(move)}: {Message(failure.Cause)}", Place(move, failure), Untouched(move), "stopping",
            "correct the migration, or the data it met, and run again") with
        { Evidence = Detail(failure) },
    };

    internal static Problem HalfBack(ScopeMove move) => HalfBackInfo.Occurred(
        $"{ScopeText.Of(move.Scope)} is half-way back from {Name(move)}", move.Plan.Path, "nothing was touched now", "stopping", "run: safe-deploy rollback");

    public static Problem NoWayBack(Scope scope, AppliedMigration applied) => NoWayBackInfo.Occurred(
        $"{ScopeText.Of(scope)} cannot go back before {applied.Version} {applied.Name}: {(applied.Header.Irreversible ? Because(applied.Header) : "its history keeps no rollback script")}",
        $"safe_deploy.migration, scope \"{scope.Schema}\"", $"{ScopeText.Of(scope)} stays as it is", "stopping", "go forward with a new migration, or restore from the backup");

    private static string Because(MigrationHeader header) => header.Because.Length > 0 ? $"it is irreversible ({header.Because})" : "it is irreversible";

    private static Problem Outside(ScopeMove move, AttemptFailure failure)
    {
        var table = failure.Cause is PostgresException server ? $"{server.SchemaName}.{server.TableName}" : "a table";
        return OutsideInfo.Occurred(
            $"{Not(move)}: it would have locked or changed \"{table}\", which is outside the tenant", Place(move, failure),
            $"{Untouched(move)}; \"{table}\" is as before", "stopping",
            $"correct the name in {move.Plan.Path}; if tenants really share the table: tenants.shared: [ {table} ]");
    }

    private static string Not(ScopeMove move) =>
        $"{ScopeText.Of(move.Scope)} not {(move.Direction == Direction.Forward ? "migrated to" : "taken back before")} {Name(move)}";

    private static string Name(ScopeMove move) => $"{move.Migration.Version} {move.Migration.Name}".TrimEnd();

    private static string Untouched(ScopeMove move) => move.Plan.IsOneTransaction
        ? $"{ScopeText.Of(move.Scope)} is as it was before {move.Migration.Version}"
        : $"{ScopeText.Of(move.Scope)} keeps the steps of {move.Migration.Version} that are done; running again, or rollback, goes on from there";

    private static string Times(int attempts) =>
        attempts == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {attempts} times");

    private static string Place(ScopeMove move, AttemptFailure failure)
    {
        var place = failure.Statement is { } statement
            ? string.Create(CultureInfo.InvariantCulture, $"{move.Plan.Path}:{statement.Line + LineInside(statement, failure.Cause)}   {statement.Excerpt}")
            : move.Plan.Path;
        return failure.Cause is PostgresException server ? $"{place}   SQLSTATE {server.SqlState}" : place;
    }

    // The server counts characters from 1, a string of .NET in UTF-16 units.
    private static int LineInside(PlacedStatement statement, Exception cause)
    {
        if (cause is not PostgresException { Position: > 0 and var position })
            return 0;
        var lines = 0;
        foreach (var rune in statement.Text.EnumerateRunes())
        {
            if (--position <= 0)
                break;
            lines += rune.Value == '\n' ? 1 : 0;
        }

        return lines;
    }

    private static string Waited(LockHolder? holder) => holder is { Waited.Length: > 0 } ? $" ({holder.Waited})" : "";

    private static string Next(LockHolder? holder)
    {
        if (holder is null)
            return "";
        return string.Create(CultureInfo.InvariantCulture, $"held by {Who(holder)}: \"{Excerpt(holder.Query)}\"; end it (select pg_terminate_backend({holder.Pid})), ");
    }

    /// <summary>A session by pid, application, state and the age of its transaction.</summary>
    internal static string Who(LockHolder holder)
    {
        var age = holder.TransactionAge is { } time ? $", in its transaction for {Age(time)}" : "";
        var others = holder.Others > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {holder.Others} more") : "";
        var application = holder.Application.Length > 0 ? $" ({holder.Application})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"pid {holder.Pid}{application}, {holder.State}{age}{others}");
    }

    private static string Excerpt(string query)
    {
        var line = string.Join(' ', query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 80 ? line : line[..79] + "…";
    }

    private static string Age(TimeSpan age) => age.TotalMinutes >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0} s");

    private static string Message(Exception cause) => cause is PostgresException server ? server.MessageText : cause.Message;

    // The hint only: a detail may quote rows, and a log of CI is no place for them.
    private static string Detail(AttemptFailure failure) => failure.Cause is PostgresException { Hint: { } hint } ? hint : "";
}

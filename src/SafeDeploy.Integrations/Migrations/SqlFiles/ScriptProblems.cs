using System.Collections.Immutable;
using System.Globalization;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>What in a migration's text forbids to run it; found before any server is asked.</summary>
public static class ScriptProblems
{
    private static readonly ProblemInfo ControlsTransactionInfo = new("SD0417", "transaction control inside a migration",
        "COMMIT, ROLLBACK, SAVEPOINT and the like would end or split the transaction in which the migration and its history row become true together.",
        "Delete the statement. A BEGIN … COMMIT around the whole file may stay. What must commit in between goes into migrations of its own, or under the header no-transaction.");

    private static readonly ProblemInfo LeaksInfo = new("SD0418", "session state inside a migration",
        "The statement changes the session beyond the transaction; the next tenant on that session would meet it.",
        "Write SET LOCAL, set_config(…, true), or ON COMMIT DROP.");

    private static readonly ProblemInfo UnnamedIndexInfo = new("SD0419", "concurrent index without a name",
        "CREATE INDEX CONCURRENTLY that is interrupted leaves an invalid index; without a name it can be neither found nor repaired.",
        "Name the index in the statement.");

    private static readonly ProblemInfo ReadsFromClientInfo = new("SD0420", "COPY from the client inside a migration",
        "COPY … FROM STDIN expects data from the program that runs it; lines of data in an SQL file are a feature of psql.",
        "Write INSERT … VALUES, or COPY from a file of the server.");

    private static readonly ProblemInfo NotSqlInfo = new("SD0426", "migration is no SQL",
        "A statement of a pending migration, or of its way back, is read by neither this program's grammar nor the server's own.",
        "Correct the statement at the place that the message names.");

    public static ImmutableArray<ProblemInfo> All => [ControlsTransactionInfo, LeaksInfo, UnnamedIndexInfo, ReadsFromClientInfo, NotSqlInfo];

    public static Problem ControlsTransaction(MigrationScript script, PlacedStatement statement, string why) => ControlsTransactionInfo.Occurred(
        $"\"{statement.Excerpt}\" is not run inside a migration: {why}", Place(script, statement), "nothing was touched", "refusing",
        "delete the statement; a BEGIN … COMMIT around the whole file may stay");

    public static Problem LeaksIntoSession(MigrationScript script, PlacedStatement statement, string leak) => LeaksInfo.Occurred(
        $"{leak} would outlive the migration and leak into the next tenant: \"{statement.Excerpt}\"", Place(script, statement), "nothing was touched", "refusing",
        leak switch
        {
            _ when leak.StartsWith("SET ", StringComparison.Ordinal) => $"write SET LOCAL {leak[4..]} …, or delete the statement: the tenant's search_path is set already",
            _ when leak.StartsWith("set_config", StringComparison.Ordinal) => "write set_config(…, true), or delete the statement",
            "CREATE TEMPORARY TABLE" => "add ON COMMIT DROP",
            _ => "delete the statement",
        });

    public static Problem UnnamedConcurrentIndex(MigrationScript script, PlacedStatement statement) => UnnamedIndexInfo.Occurred(
        "the index has no name, so what an interrupted CREATE INDEX CONCURRENTLY leaves behind could not be repaired", Place(script, statement),
        "nothing was touched", "refusing", "write CREATE INDEX CONCURRENTLY name ON …");

    public static Problem ReadsFromClient(MigrationScript script, PlacedStatement statement) => ReadsFromClientInfo.Occurred(
        $"\"{statement.Excerpt}\" expects data from the client", Place(script, statement), "nothing was touched", "refusing",
        "write INSERT … VALUES");

    /// <param name="position">Where in the statement the server stopped, 1-based; 0 when it does not say.</param>
    /// <param name="said">The server's own sentence.</param>
    public static Problem IsNotSql(MigrationScript script, PlacedStatement statement, int position, string said)
    {
        var line = statement.Line + statement.Text.Take(Math.Max(0, position - 1)).Count(character => character == '\n');
        return NotSqlInfo.Occurred(
            $"\"{statement.Excerpt}\" is no SQL that the server reads", string.Create(CultureInfo.InvariantCulture, $"{script.Path}:{line}"),
            "nothing was touched", "refusing", "correct the statement") with
        { Evidence = said };
    }

    public static string Place(MigrationScript script, PlacedStatement statement) =>
        string.Create(CultureInfo.InvariantCulture, $"{script.Path}:{statement.Line}");
}

using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Cuts a script into segments and says what in it must not run. Pure; PostgreSQL's own grammar decides where a statement ends.</summary>
public sealed class ScriptReader(ISqlParser parser)
{
    /// <summary>The plan, and every reason not to run it (then the plan is not to be used).</summary>
    public (ScriptPlan Plan, ImmutableArray<Problem> Problems) Read(MigrationScript script, bool noTransaction)
    {
        var statements = Unwrapped([.. parser.Split(script.Sql).Select(statement => Placed(script, statement))]);
        var problems = statements.Select(statement => Refusal(script, statement)).OfType<Problem>().ToImmutableArray();
        return (new ScriptPlan(script.Path, Segments(statements, noTransaction)), problems);
    }

    private PlacedStatement Placed(MigrationScript script, SqlStatement statement)
    {
        var parsed = parser.Parse(statement.Text);
        return new PlacedStatement(statement.Text, script.FirstLine + statement.Line - 1, parsed.Tree, TransactionFacts.For(parsed));
    }

    /// <summary>A file's own BEGIN and COMMIT around everything are what we do anyway.</summary>
    private static ImmutableArray<PlacedStatement> Unwrapped(ImmutableArray<PlacedStatement> statements)
    {
        var isWrapped = statements.Length >= 2
            && statements[0].Facts.Control == TransactionControl.Begin && statements[0].Tree?.Has("options") != true
            && statements[^1].Facts.Control == TransactionControl.Commit;
        return isWrapped ? statements[1..^1] : statements;
    }

    private static Problem? Refusal(MigrationScript script, PlacedStatement statement) => statement switch
    {
        { Facts.Control: TransactionControl.Begin } when statement.Tree?.Has("options") == true =>
            ScriptProblems.ControlsTransaction(script, statement, "its options cannot be kept"),
        { Facts.Control: not TransactionControl.None } => ScriptProblems.ControlsTransaction(script, statement, "it would end or split the transaction that also writes the history"),
        { Facts.SessionState: { } leak } => ScriptProblems.LeaksIntoSession(script, statement, leak),
        { Facts.Creates: { Index: null } } => ScriptProblems.UnnamedConcurrentIndex(script, statement),
        _ when ReadsFromClient(statement) => ScriptProblems.ReadsFromClient(script, statement),
        _ => null,
    };

    private static bool ReadsFromClient(PlacedStatement statement) =>
        statement.Tree is { Kind: "CopyStmt" } copy && !copy.Has("filename") && !copy.Flag("is_program");

    private static ImmutableArray<ScriptSegment> Segments(ImmutableArray<PlacedStatement> statements, bool noTransaction)
    {
        var segments = ImmutableArray.CreateBuilder<ScriptSegment>();
        var together = ImmutableArray.CreateBuilder<PlacedStatement>();
        foreach (var statement in statements)
        {
            var bare = IsBare(statement, noTransaction);
            if ((bare || noTransaction) && together.Count > 0)
                segments.Add(new ScriptSegment(false, together.DrainToImmutable()));
            if (bare)
                segments.Add(new ScriptSegment(true, [statement]));
            else
                together.Add(statement);
        }

        if (together.Count > 0)
            segments.Add(new ScriptSegment(false, together.DrainToImmutable()));
        return segments.ToImmutable();
    }

    // CALL and DO may commit within: only then, and only when the author says so, they stand outside.
    private static bool IsBare(PlacedStatement statement, bool noTransaction) =>
        statement.Facts.MayRunInTransaction == false
        || (noTransaction && (statement.Tree is { Kind: "DoStmt" or "CallStmt" } || (statement.Facts.MayRunInTransaction is null && statement.Tree is not null)));
}

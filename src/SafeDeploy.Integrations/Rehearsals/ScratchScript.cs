using System.Collections.Immutable;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>A script made ready for a scratch database: placeholders filled, cut into statements.</summary>
/// <param name="Segments">As the engine would run them; for a script that controls its transactions itself a single one.</param>
/// <param name="ControlsItself">It holds transaction control of its own, which the engine refuses: run as psql would.</param>
internal sealed record ScratchScript(ImmutableArray<ScriptSegment> Segments, bool ControlsItself, string Path)
{
    /// <summary>A failure leaves nothing behind.</summary>
    public bool IsOneTransaction => !ControlsItself && (Segments.Length == 0 || Segments is [{ Bare: false }]);

    /// <summary>A part of it runs outside a transaction, where its scans can not be counted.</summary>
    public bool IsPartlyBare => Segments.Any(s => s.Bare) || (ControlsItself && Segments[0].Statements.Any(s => s.Facts.MayRunInTransaction == false));

    /// <summary>It does nothing: no statement, or only constants asked for.</summary>
    public bool IsEmpty => Segments.SelectMany(s => s.Statements).All(s => s.Facts.Control != TransactionControl.None || IsConstant(s.Tree));

    public static ScratchScript Of(MigrationScript script, bool noTransaction, ISqlParser parser)
    {
        var filled = script with { Sql = SqlText.Filled(script.Sql) };
        var reader = new ScriptReader(parser);
        var (plan, problems) = reader.Read(filled, noTransaction);
        var statements = plan.Segments.SelectMany(s => s.Statements).ToImmutableArray();
        return problems.Length > 0 && statements.Any(s => s.Facts.Control != TransactionControl.None)
            ? new ScratchScript([new ScriptSegment(false, AsWritten(filled, parser))], true, script.Path)
            : new ScratchScript(plan.Segments, false, script.Path);
    }

    // With the first BEGIN and the last COMMIT, which belong to different transactions here.
    private static ImmutableArray<PlacedStatement> AsWritten(MigrationScript script, ISqlParser parser) =>
    [
        .. parser.Split(script.Sql).Select(s => (Statement: s, Parsed: parser.Parse(s.Text)))
            .Select(s => new PlacedStatement(s.Statement.Text, script.FirstLine + s.Statement.Line - 1, s.Parsed.Tree, TransactionFacts.For(s.Parsed))),
    ];

    // SELECT 1 is how some tools' users write "nothing".
    private static bool IsConstant(SqlNode? statement) =>
        statement is { Kind: "SelectStmt" } select && !select.Has("fromClause") && !select.Has("withClause")
        && !select.HoldsKind("FuncCall");
}

using SafeDeploy.Ports;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk;

/// <summary>The effect model's answers in the words that plan and rollback need.</summary>
public sealed class ScriptEffects(ISqlParser parser) : IScriptEffects
{
    private const int ExcerptLength = 80;

    public ScriptEffect Of(string sql) => Of(sql, []);

    public ScriptEffect Of(string sql, IReadOnlyCollection<string> earlier)
    {
        var alone = MigrationEffect.Of(sql, parser);
        // What an earlier script of the same release made is new to everybody: changing it breaks nobody.
        var fits = alone.Compatible == true || earlier.Count == 0 ? alone.Compatible : FitsAfter(sql, earlier, alone.Compatible);
        return new ScriptEffect(
            alone.Phase,
            fits,
            alone.DestroysData,
            fits == true && !alone.DestroysData ? "" : Decisive(sql),
            [.. alone.Drops.Select(d => (d.Table.ToString(), d.Column))],
            alone.OverwritesRows || !alone.IsComplete);
    }

    private bool? FitsAfter(string sql, IReadOnlyCollection<string> earlier, bool? alone) =>
        MigrationEffect.OfSequence(earlier, parser).Compatible == true ? MigrationEffect.OfSequence([.. earlier, sql], parser).Compatible : alone;

    /// <summary>The first statement that is no plain expand, in one line.</summary>
    private string Decisive(string sql)
    {
        var statement = parser.Split(sql).FirstOrDefault(s => s.Error is not null || MigrationEffect.Of(s.Text, parser) is not { Compatible: true, DestroysData: false });
        if (statement is null)
            return "";
        var line = string.Join(' ', statement.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= ExcerptLength ? line : line[..ExcerptLength] + "…";
    }
}

using System.Collections.Immutable;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk;

/// <summary>A script that says what existed before the change; read once, replayed as often as needed.</summary>
/// <param name="Notes">What of it could not be read, one sentence each.</param>
public sealed record SchemaScript(ImmutableArray<SqlParseResult> Statements, ImmutableArray<string> Notes)
{
    public static readonly SchemaScript None = new([], []);

    public static SchemaScript Read(string path, string sql, ISqlParser parser)
    {
        var statements = ImmutableArray.CreateBuilder<SqlParseResult>();
        var notes = ImmutableArray.CreateBuilder<string>();
        foreach (var statement in parser.Split(SqlText.Readable(sql)))
        {
            var parsed = parser.Parse(statement.Text);
            if ((statement.Error ?? parsed.Error) is { } error)
                notes.Add($"{path}:{statement.Line}: not used, {error.Message}");
            else
                statements.Add(parsed);
        }

        return new SchemaScript(statements.ToImmutable(), notes.ToImmutable());
    }

    /// <summary>The state after the script, ready for the change; <see cref="SchemaState.IsComplete"/> when all of it was read.</summary>
    public SchemaState Replay(EffectModel model)
    {
        var schema = new SchemaState();
        foreach (var statement in Statements)
            model.Play(statement, schema);
        schema.IsComplete = Statements.Length > 0 && Notes.IsEmpty;
        schema.IsJudging = true;
        schema.FreshEnumValues.Clear();
        return schema;
    }
}

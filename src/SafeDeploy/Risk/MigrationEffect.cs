using System.Collections.Immutable;
using SafeDeploy.Migrations;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk;

/// <summary>A table, or a column of one, as a migration names it.</summary>
/// <param name="Table">A null schema means the scope's own.</param>
/// <param name="Column">Null for the table as a whole.</param>
public sealed record SchemaObject(RelationName Table, string? Column)
{
    public override string ToString() => Column is null ? Table.ToString() : $"{Table}.{Column}";
}

/// <summary>What a whole migration script means for the image that serves and for the way back; from its text alone.</summary>
/// <param name="Compatible">The previous image works on the schema after it; null = unknown, which is never taken for yes.</param>
/// <param name="DestroysData">Rows or values that were there before are gone or overwritten: no rollback script brings them back.</param>
/// <param name="IsComplete">False when a part could not be read (dynamic SQL, newer grammar): more than is listed may happen.</param>
/// <param name="Adds">Tables and columns that it makes, in order.</param>
/// <param name="Drops">Tables and columns that it removes, those it made itself left out; for a rollback script what would be lost.</param>
/// <param name="OverwritesRows">It changes or deletes rows of tables that it does not make.</param>
/// <param name="Writes">Tables whose rows it inserts, changes or deletes.</param>
public sealed record MigrationEffect(
    Phase Phase,
    bool? Compatible,
    bool DestroysData,
    bool IsComplete,
    ImmutableArray<SchemaObject> Adds,
    ImmutableArray<SchemaObject> Drops,
    bool OverwritesRows,
    ImmutableArray<RelationName> Writes)
{
    // No schema is called so: names that stay unqualified are those of the scope.
    private const string OwnSchema = "";

    private static readonly ImmutableHashSet<ActKind> Unreadable = [ActKind.TouchesUnknown, ActKind.DoesDynamicSql];

    private static readonly ImmutableHashSet<ActKind> Overwriting =
    [
        ActKind.UpdatesAll, ActKind.UpdatesSome, ActKind.DeletesAll, ActKind.DeletesSome, ActKind.Upserts, ActKind.Truncates,
        ActKind.TruncatesCascading, ActKind.ChangesTypeLossy, ActKind.OverwritesByUsing,
    ];

    private static readonly ImmutableHashSet<ActKind> Writing =
        Overwriting.Union([ActKind.InsertsRows, ActKind.FillsNulls]);

    /// <summary>Plays the script against a schema of which nothing is known.</summary>
    public static MigrationEffect Of(string sql, ISqlParser parser) => OfSequence([sql], parser);

    /// <summary>Several scripts as one change: what an earlier one makes, a later one finds new.</summary>
    public static MigrationEffect OfSequence(IEnumerable<string> scripts, ISqlParser parser)
    {
        var schema = new SchemaState { SearchPath = [OwnSchema], IsJudging = true };
        var model = new EffectModel(parser);
        var effects = scripts.SelectMany(parser.Split)
            .Select(s => model.Play(s.Error is null ? parser.Parse(s.Text) : SqlParseResult.Failed(s.Error.Message, s.Error.Offset), schema))
            .ToImmutableArray();
        return Of(effects);
    }

    private static MigrationEffect Of(ImmutableArray<StatementEffect> effects)
    {
        var acts = effects.SelectMany(e => e.Acts).ToImmutableArray();
        var adds = acts.SelectMany(Added).Distinct().ToImmutableArray();
        return new MigrationEffect(
            effects.Aggregate(Phase.Expand, (phase, e) => EffectBuilder.Worse(phase, e.Phase)),
            effects.Aggregate((bool?)true, (compatible, e) => EffectBuilder.Both(compatible, e.Compatible)),
            effects.Any(e => e.DestroysData),
            !acts.Any(a => Unreadable.Contains(a.Kind)) && effects.All(e => e.Phase != Phase.Unknown),
            adds,
            [.. acts.SelectMany(Dropped).Distinct().Except(adds)],
            acts.Any(a => Overwriting.Contains(a.Kind) && !a.OnNew),
            [.. acts.Where(a => Writing.Contains(a.Kind)).Select(a => NameOf(a.Table)).Distinct()]);
    }

    private static IEnumerable<SchemaObject> Added(Act act) => act.Kind switch
    {
        ActKind.CreatesTable => [new SchemaObject(NameOf(act.Table), null)],
        ActKind.AddsColumn => [new SchemaObject(NameOf(act.Table), act.Object)],
        _ => [],
    };

    private static IEnumerable<SchemaObject> Dropped(Act act) => act.Kind switch
    {
        ActKind.DropsTable or ActKind.DropsPartition => [new SchemaObject(NameOf(act.Table), null)],
        ActKind.DropsSchema => [new SchemaObject(new RelationName(act.Object, "*"), null)],
        ActKind.DropsColumn => [new SchemaObject(NameOf(act.Table), act.Object)],
        _ => [],
    };

    private static RelationName NameOf(RelationKey key) => new(key.Schema.Length == 0 ? null : key.Schema, key.Name);
}

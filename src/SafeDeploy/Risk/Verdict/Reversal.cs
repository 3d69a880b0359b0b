using System.Collections.Frozen;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Risk.Verdict;

/// <summary>Whether a migration's own rollback takes back what each of its statements does; from the text of both. Pure.</summary>
/// <remarks>What a statement does has to be met by its opposite, by name. The proof of it is a rehearsal.</remarks>
internal sealed class Reversal
{
    private static readonly FrozenDictionary<ActKind, ActKind[]> Opposites = Pairs().ToFrozenDictionary(p => p.Key, p => p.Value);

    private readonly List<Act> _back = [];
    private readonly HashSet<string> _madeAgain = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<JudgedStatement> _forward;
    private readonly HashSet<string> _made;
    private readonly bool _isReadable = true;

    private Reversal(IReadOnlyList<JudgedStatement> forward, IEnumerable<SqlParseResult> back, EffectModel model, SchemaState schema)
    {
        _forward = forward;
        _made = forward.SelectMany(s => s.Effect.Acts).Where(a => a.Kind is ActKind.CreatesTable or ActKind.CreatesPartition).Select(a => a.Table.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var statement in back)
        {
            var effect = model.Play(statement, schema);
            _back.AddRange(effect.Acts);
            _isReadable &= effect.Phase != Migrations.Phase.Unknown && !effect.Acts.Any(a => a.Kind is ActKind.TouchesUnknown or ActKind.DoesDynamicSql);
            if (statement.Tree is { } tree && MadeBy(tree) is { } made)
                _madeAgain.Add(made);
        }
    }

    /// <summary>The file's statements; <see cref="StatementEffect.Reversible"/> says no where its way back is known not to undo them.</summary>
    public static IEnumerable<JudgedStatement> Judge(RiskFile file, IReadOnlyList<JudgedStatement> forward, ISqlParser parser, EffectModel model, IEnumerable<string> searchPath)
    {
        if (!file.IsWayBackKnown)
            return forward;
        var back = file.Rollback is null ? [] : parser.Split(SqlText.Readable(file.Rollback))
            .Select(s => s.Error is { } error ? SqlParseResult.Failed(error.Message, 0) : parser.Parse(s.Text));
        var reversal = new Reversal(forward, back, model, new SchemaState { SearchPath = [.. searchPath], IsJudging = true });
        return forward.Select((s, i) => s with { Effect = s.Effect with { Reversible = reversal.Of(s, i) } });
    }

    // What fails changes nothing; what destroys rows is not brought back by a script.
    private bool? Of(JudgedStatement statement, int index)
    {
        var effect = statement.Effect;
        if (effect.Reversible is false || effect.Fails is true)
            return effect.Reversible;
        var taken = effect.Acts.Where(a => Opposites.ContainsKey(a.Kind)).ToArray();
        if (taken.Length == 0)
            return statement.Parsed.Tree is { } tree && MadeBy(tree) is { } name && !IsDropped(name) ? Unmet : effect.Reversible;
        if (taken.All(a => IsTakenBack(a, statement, index)))
            return effect.Reversible;
        // Rows that came may stay: whether they matter, the text does not say.
        return taken.Where(a => !IsTakenBack(a, statement, index)).All(a => a.Kind is ActKind.InsertsRows or ActKind.FillsNulls) ? null : Unmet;
    }

    private bool? Unmet => _isReadable ? false : null;

    private bool IsTakenBack(Act act, JudgedStatement statement, int index)
    {
        var name = LastName(act.Table.Name, index);
        if (_made.Contains(act.Table.Name) || act.Kind is ActKind.CreatesTable or ActKind.CreatesPartition)
            return Later(index - 1).Any(b => Drops(b, act.Table.Name) || Drops(b, name) || DropsSchemaOf(b, act));
        return Later(index).Any(b => Meets(act, b, name)) || IsOfDroppedColumn(act, statement, index) || _back.Any(b => DropsSchemaOf(b, act))
            || (act.Kind is ActKind.DropsSequence or ActKind.DropsExtension && _madeAgain.Contains(act.Object.Length > 0 ? act.Object : act.Table.Name));
    }

    /// <summary>What comes after it: the rest of its own file, then the way back.</summary>
    private IEnumerable<Act> Later(int index) => _forward.Skip(index + 1).SelectMany(s => s.Effect.Acts).Concat(_back);

    // A table that is renamed on the way goes back under its last name.
    private string LastName(string name, int index) => _forward.Skip(index).SelectMany(s => s.Effect.Acts)
        .Where(a => a.Kind is ActKind.RenamesTable or ActKind.RenamesView)
        .Aggregate(name, (now, rename) => rename.Table.Name == now ? rename.Object : now);

    private static bool Drops(Act back, string table) =>
        back.Kind is ActKind.DropsTable or ActKind.DropsPartition or ActKind.DropsView && back.Table.Name == table;

    private static bool DropsSchemaOf(Act back, Act act) => back.Kind == ActKind.DropsSchema && back.Object == act.Table.Schema;

    private bool IsDropped(string name) => _back.Any(b => b.Kind is ActKind.DropsSequence or ActKind.DropsExtension && (b.Table.Name == name || b.Object == name));

    private static bool Meets(Act act, Act back, string name)
    {
        if (!Opposites[act.Kind].Contains(back.Kind))
            return false;
        return act.Kind switch
        {
            ActKind.RenamesTable or ActKind.RenamesView or ActKind.RenamesRoutine or ActKind.RenamesType => back.Table.Name == act.Object && back.Object == act.Table.Name,
            ActKind.RenamesColumn or ActKind.RenamesConstraint or ActKind.RenamesEnumValue or ActKind.RenamesSchema => back.Object == act.Other && back.Other == act.Object,
            ActKind.DropsPrimaryKey => SameTable(act, back, name),
            ActKind.MovesToSchema or ActKind.SetsTablespace or ActKind.SetsAccessMethod or ActKind.FillsNulls => SameTable(act, back, name),
            // An index has a name of its own; what its table is the way back need not say.
            ActKind.CreatesIndex or ActKind.CreatesIndexConcurrently or ActKind.DropsIndex or ActKind.DropsIndexConcurrently => back.Object == act.Object,
            _ => SameTable(act, back, name) && back.Object == act.Object,
        };
    }

    private static bool SameTable(Act act, Act back, string name) => back.Table.Name == act.Table.Name || back.Table.Name == name;

    // An index or a key goes with a column that the same change added and its way back drops.
    private bool IsOfDroppedColumn(Act act, JudgedStatement statement, int index)
    {
        var gone = _forward.Take(index + 1).SelectMany(s => s.Effect.Acts).Where(a => a.Kind == ActKind.AddsColumn && a.Table == act.Table).Select(a => a.Object)
            .Where(c => _back.Any(b => b.Kind == ActKind.DropsColumn && b.Table.Name == act.Table.Name && b.Object == c))
            .ToHashSet(StringComparer.Ordinal);
        return gone.Count > 0 && statement.Parsed.Tree is { } tree && act.Kind != ActKind.AddsColumn
            && tree.DescendantsAndSelf().Any(n => gone.Contains(n.Text("name") ?? "") || gone.Contains(n.Text("colname") ?? "") || gone.Contains(n.Text("sval") ?? ""));
    }

    /// <summary>Name of a sequence or extension that the statement makes, which no act tells; null else.</summary>
    private static string? MadeBy(SqlNode tree) => tree.Kind switch
    {
        "CreateSeqStmt" => RelationName.Of(tree.Node("sequence"))?.Name,
        "CreateExtensionStmt" => tree.Text("extname"),
        _ => null,
    };

    private static IEnumerable<KeyValuePair<ActKind, ActKind[]>> Pairs()
    {
        ActKind[] keys = [ActKind.AddsKey, ActKind.AddsPrimaryKey, ActKind.AddsKeyFromIndex, ActKind.AddsExclusion, ActKind.AddsCheck, ActKind.AddsCheckNotValid, ActKind.AddsForeignKey, ActKind.AddsForeignKeyNotValid];
        ActKind[] types = [ActKind.ChangesTypeInPlace, ActKind.ChangesTypeRewriting, ActKind.ChangesTypeRebuildingIndexes, ActKind.ChangesTypeByTimeZone];
        ActKind[] routines = [ActKind.CreatesRoutine, ActKind.ReplacesRoutine];
        ActKind[] views = [ActKind.CreatesView, ActKind.ReplacesView];
        ActKind[] defaults = [ActKind.SetsDefault, ActKind.DropsDefault];
        (ActKind[] Done, ActKind[] Undone)[] bothWays =
        [
            ([ActKind.CreatesTable, ActKind.CreatesPartition], [ActKind.DropsTable, ActKind.DropsPartition]),
            ([ActKind.AddsColumn], [ActKind.DropsColumn]),
            (keys, [ActKind.DropsConstraint, ActKind.DropsForeignKey, ActKind.DropsPrimaryKey]),
            ([ActKind.CreatesIndex, ActKind.CreatesIndexConcurrently], [ActKind.DropsIndex, ActKind.DropsIndexConcurrently]),
            (views, [ActKind.DropsView]),
            (routines, [ActKind.DropsRoutine]),
            ([ActKind.CreatesType], [ActKind.DropsType]),
            ([ActKind.CreatesSchema], [ActKind.DropsSchema]),
            ([ActKind.CreatesTrigger], [ActKind.DropsTrigger]),
            ([ActKind.CreatesPolicy], [ActKind.DropsPolicy, ActKind.DropsLastPolicy]),
            ([ActKind.CreatesRule], [ActKind.DropsRule]),
            ([ActKind.SetsNotNull, ActKind.SetsNotNullProved], [ActKind.DropsNotNull]),
            ([ActKind.EnablesRowSecurity, ActKind.EnablesRowSecurityWithoutPolicy], [ActKind.DisablesRowSecurity]),
            ([ActKind.SetsLogged], [ActKind.SetsUnlogged]),
            ([ActKind.AttachesPartition], [ActKind.DetachesPartition, ActKind.DetachesPartitionConcurrently]),
        ];
        ActKind[] swaps =
        [
            ActKind.RenamesTable, ActKind.RenamesView, ActKind.RenamesColumn, ActKind.RenamesConstraint, ActKind.RenamesRoutine, ActKind.RenamesType,
            ActKind.RenamesSchema, ActKind.RenamesEnumValue, ActKind.MovesToSchema, ActKind.SetsTablespace, ActKind.SetsAccessMethod,
        ];
        var all = bothWays.SelectMany(p => p.Done.Select(d => (d, p.Undone)).Concat(p.Undone.Select(u => (u, p.Done))))
            .Concat(swaps.Select(s => (s, new[] { s })))
            .Concat(types.Select(t => (t, types)))
            .Concat(defaults.Select(d => (d, defaults)))
            .Append((ActKind.ReplacesRoutine, routines))
            .Append((ActKind.ReplacesView, views))
            .Append((ActKind.DropsSequence, []))
            .Append((ActKind.DropsExtension, []))
            .Append((ActKind.FillsNulls, []))
            .Append((ActKind.InsertsRows, [ActKind.DeletesAll, ActKind.DeletesSome, ActKind.Truncates, ActKind.TruncatesCascading]));
        return all.GroupBy(p => p.Item1).Select(g => KeyValuePair.Create(g.Key, g.SelectMany(p => p.Item2).Distinct().ToArray()));
    }
}

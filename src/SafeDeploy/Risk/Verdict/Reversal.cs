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

    // The acts of both ways in order, those of the way back behind all statements of the way forward.
    private readonly ILookup<(ActKind Kind, string Name), (int At, Act Act)> _acts;
    private readonly HashSet<string> _madeAgain = new(StringComparer.Ordinal);
    private readonly HashSet<string> _made;
    private readonly int _backAt;
    private readonly bool _isReadable = true;

    private Reversal(IReadOnlyList<JudgedStatement> forward, IEnumerable<SqlParseResult> back, EffectModel model, SchemaState schema)
    {
        _backAt = forward.Count;
        var acts = forward.SelectMany((s, i) => s.Effect.Acts.Select(a => (At: i, Act: a))).ToList();
        _made = acts.Select(a => a.Act).Where(a => a.Kind is ActKind.CreatesTable or ActKind.CreatesPartition).Select(a => a.Table.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var statement in back)
        {
            var effect = model.Play(statement, schema);
            acts.AddRange(effect.Acts.Select(a => (_backAt, a)));
            _isReadable &= effect.Phase != Migrations.Phase.Unknown && !effect.Acts.Any(a => a.Kind is ActKind.TouchesUnknown or ActKind.DoesDynamicSql);
            if (statement.Tree is { } tree && MadeBy(tree) is { } made)
                _madeAgain.Add(made);
        }

        _acts = acts.SelectMany(a => new[] { a.Act.Table.Name, a.Act.Object }.Distinct(), (a, name) => (Key: (a.Act.Kind, name), Value: a)).ToLookup(a => a.Key, a => a.Value);
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
        if (After(ActKind.DropsSchema, act.Table.Schema, index).Any())
            return true;
        if (_made.Contains(act.Table.Name) || act.Kind is ActKind.CreatesTable or ActKind.CreatesPartition)
            return new[] { act.Table.Name, name }.Any(n => Drops.Any(k => After(k, n, index - 1).Any()));
        return new[] { act.Table.Name, name, act.Object }.Any(n => Opposites[act.Kind].Any(k => After(k, n, index).Any(b => Meets(act, b, name))))
            || IsOfDroppedColumn(act, statement)
            || (act.Kind is ActKind.DropsSequence or ActKind.DropsExtension && _madeAgain.Contains(act.Object.Length > 0 ? act.Object : act.Table.Name));
    }

    private static readonly ActKind[] Drops = [ActKind.DropsTable, ActKind.DropsPartition, ActKind.DropsView];

    /// <summary>What comes after a statement: the rest of its own file, then the way back.</summary>
    private IEnumerable<Act> After(ActKind kind, string name, int index) => _acts[(kind, name)].Where(a => a.At > index).Select(a => a.Act);

    // A table that is renamed on the way goes back under its last name.
    private string LastName(string name, int index)
    {
        for (var at = index - 1; Renamed(name, at) is { At: > -1 } rename; at = rename.At)
            name = rename.To;
        return name;
    }

    private (int At, string To)? Renamed(string name, int after)
    {
        foreach (var (at, act) in _acts[(ActKind.RenamesTable, name)].Concat(_acts[(ActKind.RenamesView, name)]))
        {
            if (at > after && at < _backAt && act.Table.Name == name)
                return (at, act.Object);
        }

        return null;
    }

    private bool IsDropped(string name) => After(ActKind.DropsSequence, name, _backAt - 1).Concat(After(ActKind.DropsExtension, name, _backAt - 1)).Any();

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
    private bool IsOfDroppedColumn(Act act, JudgedStatement statement)
    {
        if (act.Kind == ActKind.AddsColumn || statement.Parsed.Tree is not { } tree)
            return false;
        return tree.DescendantsAndSelf().SelectMany(n => new[] { n.Text("name"), n.Text("colname"), n.Text("sval") }).OfType<string>()
            .Any(c => _acts[(ActKind.AddsColumn, c)].Any(a => a.Act.Table == act.Table && a.Act.Object == c)
                && After(ActKind.DropsColumn, c, _backAt - 1).Any(b => b.Table.Name == act.Table.Name && b.Object == c));
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

using System.Collections.Immutable;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Effects;
using SafeDeploy.Risk.Rehearsal;
using SafeDeploy.Risk.Schema;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Integrations.Rehearsals;

/// <summary>What the effect model says of the same scripts, from their text alone.</summary>
internal sealed class Predictions
{
    private readonly ISqlParser _parser;
    private readonly EffectModel _model;
    private readonly SchemaState _schema;

    public Predictions(ISqlParser parser, ImmutableArray<string> path)
    {
        _parser = parser;
        _model = new EffectModel(parser);
        _schema = new SchemaState { IsJudging = true };
        if (!path.IsEmpty)
            _schema.SearchPath = [.. path];
    }

    /// <summary>Plays the script; the effects of its statements in order.</summary>
    public ImmutableArray<StatementEffect> Play(string sql) =>
    [
        .. _parser.Split(SqlText.Filled(sql)).Select(s =>
            _model.Play(s.Error is { } error ? SqlParseResult.Failed(error.Message, error.Offset) : _parser.Parse(s.Text), _schema)),
    ];

    /// <summary>All of it together, on those relations that existed before.</summary>
    public static RehearsedEffect Of(ImmutableArray<StatementEffect> effects, IReadOnlySet<string> existing)
    {
        var locks = new SortedDictionary<string, LockLevel>(StringComparer.Ordinal);
        foreach (var (name, level) in effects.SelectMany(e => e.Locks).Where(l => existing.Contains(l.Key)))
            locks[name] = (LockLevel)Math.Max((int)locks.GetValueOrDefault(name), (int)level);
        return new RehearsedEffect(
            Spelled(locks),
            [.. effects.SelectMany(e => e.Rewrites).Where(existing.Contains)],
            [.. effects.SelectMany(e => e.Scans).Where(existing.Contains)]);
    }

    public static RehearsedEffect Of(ScratchTrace trace) => new(Spelled(trace.Locks), [.. trace.Rewrites], [.. trace.Scans]);

    public static ImmutableArray<string> Disagreements(RehearsedEffect predicted, RehearsedEffect traced) =>
    [
        .. predicted.Locks.Keys.Union(traced.Locks.Keys).Order(StringComparer.Ordinal)
            .Where(n => predicted.Locks.GetValueOrDefault(n) != traced.Locks.GetValueOrDefault(n))
            .Select(n => $"lock on {n}: predicted {predicted.Locks.GetValueOrDefault(n) ?? "none"}, taken {traced.Locks.GetValueOrDefault(n) ?? "none"}"),
        .. predicted.Rewrites.Except(traced.Rewrites).Select(n => $"rewrite of {n}: predicted, not seen"),
        .. traced.Rewrites.Except(predicted.Rewrites).Select(n => $"rewrite of {n}: seen, not predicted"),
        .. predicted.Scans.Except(traced.Scans).Select(n => $"scan of {n}: predicted, not seen"),
        .. traced.Scans.Except(predicted.Scans).Select(n => $"scan of {n}: seen, not predicted"),
    ];

    private static ImmutableSortedDictionary<string, string> Spelled(IEnumerable<KeyValuePair<string, LockLevel>> locks) =>
        locks.ToImmutableSortedDictionary(l => l.Key, l => l.Value.Spelled(), StringComparer.Ordinal);
}

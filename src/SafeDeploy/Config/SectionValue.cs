using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>A section as read: every key that is there or has a default, with its typed value.</summary>
internal sealed class SectionValue
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <param name="value">Typed as the field's shape says: the value, an array of values, pairs, a section, sections.</param>
    public void Set(string key, object value, string? text = null)
    {
        _values[key] = value;
        if (text is not null)
            _texts[key] = text;
    }

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>The single value as written; null when absent or not accepted.</summary>
    public string? Text(string key) => _texts.GetValueOrDefault(key);

    public T Get<T>(string key) => (T)_values[key];

    public T? Maybe<T>(string key)
        where T : class => _values.GetValueOrDefault(key) as T;

    public T? MaybeValue<T>(string key)
        where T : struct => _values.TryGetValue(key, out var value) ? (T)value : null;

    /// <summary>Empty when absent.</summary>
    public ImmutableArray<T> List<T>(string key) =>
        _values.TryGetValue(key, out var value) ? [.. ((ImmutableArray<object>)value).Cast<T>()] : [];

    public ImmutableArray<T>? MaybeList<T>(string key) => Has(key) ? List<T>(key) : null;

    public ImmutableSortedDictionary<string, T> Pairs<T>(string key)
    {
        var pairs = ImmutableSortedDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        if (_values.TryGetValue(key, out var value))
            pairs.AddRange(((Dictionary<string, object>)value).Select(p => KeyValuePair.Create(p.Key, (T)p.Value)));
        return pairs.ToImmutable();
    }

    public SectionValue? Section(string key) => Maybe<SectionValue>(key);

    /// <summary>Empty when absent.</summary>
    public ImmutableArray<SectionValue> Sections(string key) =>
        _values.TryGetValue(key, out var value) ? (ImmutableArray<SectionValue>)value : [];
}

using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace SafeDeploy.Risk;

/// <summary>The strongest lock on each of a few relations, by name in ordinal order; not changed once a statement is judged.</summary>
/// <remarks>Two small arrays: a statement locks one or two tables, and there are four of these a statement.</remarks>
public sealed class RelationLocks : IReadOnlyDictionary<string, LockLevel>
{
    public static readonly RelationLocks Empty = new();

    private string[] _names = [];
    private LockLevel[] _levels = [];
    // From the first mark on.
    private List<(string Name, LockLevel Before, LockLevel Strongest)>? _changes;

    public static RelationLocks Of(IEnumerable<KeyValuePair<string, LockLevel>> locks)
    {
        var made = new RelationLocks();
        foreach (var (name, level) in locks)
            made.Raise(name, level);
        return made;
    }

    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    public LockLevel Strongest { get; private set; }

    public LockLevel this[string key] => TryGetValue(key, out var level) ? level : throw new KeyNotFoundException($"{key} is not locked");

    public IEnumerable<string> Keys => _names.Take(Count);

    public IEnumerable<LockLevel> Values => _levels.Take(Count);

    public string NameAt(int index) => _names[index];

    public LockLevel LevelAt(int index) => _levels[index];

    public bool ContainsKey(string key) => Place(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out LockLevel value)
    {
        var at = Place(key);
        value = at < 0 ? LockLevel.None : _levels[at];
        return at >= 0;
    }

    public LockLevel GetValueOrDefault(string key) => Place(key) is >= 0 and var at ? _levels[at] : LockLevel.None;

    /// <summary>Sets the lock of a relation where it had none or a weaker one.</summary>
    internal void Raise(string name, LockLevel level)
    {
        var at = Place(name);
        if (at >= 0 && level <= _levels[at])
            return;
        _changes?.Add((name, at < 0 ? LockLevel.None : _levels[at], Strongest));
        if (level > Strongest)
            Strongest = level;
        if (at < 0)
            Insert(~at, name, level);
        else
            _levels[at] = level;
    }

    /// <summary>A place to return to; costs nothing until something changes.</summary>
    internal int Mark() => (_changes ??= []).Count;

    internal void ReturnTo(int mark)
    {
        for (; _changes is { } changes && changes.Count > mark; changes.RemoveAt(changes.Count - 1))
        {
            var (name, before, strongest) = changes[^1];
            var at = Place(name);
            if (before == LockLevel.None)
                RemoveAt(at);
            else
                _levels[at] = before;
            Strongest = strongest;
        }
    }

    private void RemoveAt(int at)
    {
        Count--;
        Array.Copy(_names, at + 1, _names, at, Count - at);
        Array.Copy(_levels, at + 1, _levels, at, Count - at);
    }

    private void Insert(int at, string name, LockLevel level)
    {
        if (Count == _names.Length)
        {
            Array.Resize(ref _names, Math.Max(2, Count * 2));
            Array.Resize(ref _levels, _names.Length);
        }

        Array.Copy(_names, at, _names, at + 1, Count - at);
        Array.Copy(_levels, at, _levels, at + 1, Count - at);
        (_names[at], _levels[at]) = (name, level);
        Count++;
    }

    /// <summary>Where the name is; else the complement of where it belongs.</summary>
    private int Place(string name)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(_names[middle], name);
            if (order == 0)
                return middle;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    public IEnumerator<KeyValuePair<string, LockLevel>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return KeyValuePair.Create(_names[i], _levels[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

using System.Text;

namespace SafeDeploy.Integrations.Databases.PgQuery;

/// <summary>One string for each of the few hundred names that a parse tree is made of; read by many threads without a lock.</summary>
internal sealed class NameTable
{
    // The grammar has some 900 field names, node types and constants; what comes beyond are people's own names in capitals.
    private const int Most = 2048;
    private const int Slots = 4096;

    private readonly Entry?[] _entries = new Entry?[Slots];
    private int _count;

    private sealed record Entry(byte[] Bytes, string Name, Entry? Next);

    public string Of(ReadOnlySpan<byte> utf8)
    {
        var slot = SlotOf(utf8);
        for (var entry = Volatile.Read(ref _entries[slot]); entry is not null; entry = entry.Next)
        {
            if (utf8.SequenceEqual(entry.Bytes))
                return entry.Name;
        }

        var name = Encoding.UTF8.GetString(utf8);
        if (_count >= Most)
            return name;
        // The same object as the program's literals, so that comparing them ends at once.
        name = string.Intern(name);
        _count++;
        // Lost when two threads add to one slot at once: then it is added again the next time.
        Volatile.Write(ref _entries[slot], new Entry(utf8.ToArray(), name, _entries[slot]));
        return name;
    }

    private static int SlotOf(ReadOnlySpan<byte> text)
    {
        var hash = (uint)text.Length;
        foreach (var b in text)
            hash = (hash * 31) + b;
        return (int)(hash % Slots);
    }
}

using System.Collections.Immutable;
using System.Globalization;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>The lines of <c>pg_restore --list --verbose</c>, put into the rounds in which they can be restored. Pure.</summary>
public static class ArchiveList
{
    // pg_namespace's own oid: the same in every PostgreSQL (catalog "pg_class" of a new cluster).
    private const long Namespaces = 2615;
    private const string DependsOn = ";\tdepends on:";

    /// <summary>Rounds in order; the first has what waits for nobody. Schemas themselves are left out: they are made before.</summary>
    /// <param name="late">What waits for another archive; what needs it in this archive waits with it.</param>
    public static ImmutableArray<ImmutableArray<string>> Rounds(IEnumerable<string> lines, IReadOnlyCollection<LateObject> late)
    {
        var entries = Read(lines, late.ToDictionary(l => (l.Catalogue, l.Oid), l => l.Round));
        Wait(entries);
        return entries.Count == 0
            ? []
            : [.. Enumerable.Range(0, 1 + entries.Values.Max(e => e.Round)).Select(round => entries.Values.Where(e => e.Round == round).Select(e => e.Line).ToImmutableArray())];
    }

    private static OrderedDictionary<long, Entry> Read(IEnumerable<string> lines, Dictionary<(long, long), int> late)
    {
        var entries = new OrderedDictionary<long, Entry>();
        Entry? last = null;
        foreach (var line in lines)
        {
            if (line.StartsWith(DependsOn, StringComparison.Ordinal) && last is not null)
                last.Needs = [.. line[DependsOn.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];
            else if (line.Length > 0 && char.IsAsciiDigit(line[0]))
                last = Add(entries, line, late);
        }

        return entries;
    }

    /// <summary><c>219; 1259 16413 VIEW public every owner</c>: number, catalogue, oid, and what a person reads.</summary>
    private static Entry? Add(OrderedDictionary<long, Entry> entries, string line, Dictionary<(long, long), int> late)
    {
        var words = line.Split(' ', 4);
        var (catalogue, oid) = (Number(words[1]), Number(words[2]));
        if (catalogue == Namespaces)
            return null;
        var entry = new Entry(line, late.GetValueOrDefault((catalogue, oid)));
        entries[Number(words[0].TrimEnd(';'))] = entry;
        return entry;
    }

    private static void Wait(OrderedDictionary<long, Entry> entries)
    {
        if (entries.Values.All(e => e.Round == 0))
            return;
        for (var moved = true; moved;)
        {
            moved = false;
            foreach (var entry in entries.Values)
            {
                var round = entry.Needs.Select(n => entries.GetValueOrDefault(n)?.Round ?? 0).Append(entry.Round).Max();
                moved |= round > entry.Round;
                entry.Round = round;
            }
        }
    }

    private static long Number(string word) => long.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);

    private sealed class Entry(string line, int round)
    {
        public string Line { get; } = line;

        public int Round { get; set; } = round;

        public ImmutableArray<long> Needs { get; set; } = [];
    }
}

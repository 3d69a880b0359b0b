using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>Puts one tree over another; pure.</summary>
internal static class Overlay
{
    /// <summary>Mappings are merged key by key, anything else is replaced; <c>null</c> takes a key away.</summary>
    public static ConfigNode.Mapping Merge(ConfigNode.Mapping below, ConfigNode.Mapping above)
    {
        var entries = below.Entries.ToList();
        foreach (var entry in above.Entries)
        {
            var index = entries.FindIndex(e => string.Equals(e.Key, entry.Key, StringComparison.Ordinal));
            if (entry.Value is ConfigNode.Scalar { IsNull: true })
            {
                if (index >= 0)
                    entries.RemoveAt(index);
            }
            else if (index < 0)
            {
                entries.Add(entry);
            }
            else
            {
                entries[index] = Merge(entries[index], entry);
            }
        }

        return below with { Entries = [.. entries] };
    }

    /// <summary>Sets one value from outside the file at a dotted path; sections on the way are made where missing.</summary>
    public static ConfigNode.Mapping Set(ConfigNode.Mapping tree, ConfigInput input)
    {
        var mark = new SourceMark.FromInput(input.Name);
        ConfigNode node = new ConfigNode.Scalar(input.Value, Plain: false, mark);
        foreach (var key in input.Path.Split('.').Reverse())
            node = new ConfigNode.Mapping([new ConfigEntry(key, mark, node)], mark);
        return Merge(tree, (ConfigNode.Mapping)node);
    }

    /// <summary>The tree with each key once; <paramref name="twice"/> hears of every further one and of the first.</summary>
    public static ConfigNode Unique(ConfigNode node, Action<ConfigEntry, ConfigEntry> twice) => node switch
    {
        ConfigNode.Mapping mapping => mapping with { Entries = UniqueEntries(mapping.Entries, twice) },
        ConfigNode.Sequence list => list with { Items = [.. list.Items.Select(item => Unique(item, twice))] },
        _ => node,
    };

    private static ImmutableArray<ConfigEntry> UniqueEntries(
        ImmutableArray<ConfigEntry> entries, Action<ConfigEntry, ConfigEntry> twice)
    {
        var first = new Dictionary<string, ConfigEntry>(StringComparer.Ordinal);
        var kept = ImmutableArray.CreateBuilder<ConfigEntry>(entries.Length);
        foreach (var entry in entries)
        {
            if (first.TryAdd(entry.Key, entry))
                kept.Add(entry with { Value = Unique(entry.Value, twice) });
            else
                twice(entry, first[entry.Key]);
        }

        return kept.ToImmutable();
    }

    private static ConfigEntry Merge(ConfigEntry below, ConfigEntry above) =>
        below.Value is ConfigNode.Mapping lower && above.Value is ConfigNode.Mapping upper
            ? below with { Value = Merge(lower, upper) }
            : above;
}

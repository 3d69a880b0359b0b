using System.Collections.Immutable;

namespace SafeDeploy.Config;

/// <summary>One place of the configuration as written, before it means anything; immutable.</summary>
/// <remarks>A node never prints its text: it may be a secret.</remarks>
public abstract record ConfigNode(SourceMark Mark)
{
    public override string ToString() => $"a node at {Mark}";

    /// <param name="Plain">Written without quotes, so that <c>null</c> and <c>~</c> mean "nothing".</param>
    public sealed record Scalar(string Text, bool Plain, SourceMark Mark) : ConfigNode(Mark)
    {
        /// <summary>Nothing is written after the colon.</summary>
        public bool IsEmpty => Plain && Text.Length == 0;

        /// <summary><c>null</c> or <c>~</c>: in an environment, takes the key away.</summary>
        public bool IsNull => Plain && Text is "null" or "~";

        public override string ToString() => base.ToString();
    }

    public sealed record Sequence(ImmutableArray<ConfigNode> Items, SourceMark Mark) : ConfigNode(Mark)
    {
        public override string ToString() => base.ToString();
    }

    /// <param name="Entries">In the order written; a key may stand twice, which the reader refuses.</param>
    public sealed record Mapping(ImmutableArray<ConfigEntry> Entries, SourceMark Mark) : ConfigNode(Mark)
    {
        /// <summary>The first entry of that name, or null.</summary>
        public ConfigEntry? Find(string key)
        {
            foreach (var entry in Entries)
            {
                if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                    return entry;
            }

            return null;
        }

        public override string ToString() => base.ToString();
    }
}

public sealed record ConfigEntry(string Key, SourceMark KeyMark, ConfigNode Value);

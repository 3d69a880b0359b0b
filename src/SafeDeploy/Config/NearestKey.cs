namespace SafeDeploy.Config;

/// <summary>Finds the word a person most likely meant.</summary>
public static class NearestKey
{
    /// <summary>Null when nothing is near: at most one edit in three letters, two for short words.</summary>
    public static string? Of(string written, IEnumerable<string> known)
    {
        if (written.Length > 64)
            return null;
        string? best = null;
        var least = Math.Max(2, written.Length / 3) + 1;
        foreach (var word in known)
        {
            var distance = Distance(Folded(written), Folded(word));
            if (distance >= least || distance >= word.Length)
                continue;
            best = word;
            least = distance;
        }

        return best;
    }

    private static string Folded(string word) => word.ToLowerInvariant().Replace('-', '_');

    // Optimal string alignment: insertions, deletions, replacements and neighbours swapped, each one edit.
    private static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            table[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            table[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(replace, Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[a.Length, b.Length];
    }
}

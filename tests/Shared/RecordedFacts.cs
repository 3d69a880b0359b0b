using SafeDeploy.Risk;

namespace SafeDeploy.Tests;

/// <summary>What one statement did on a server: as a line of a file, and compared with what the effect model claims.</summary>
/// <param name="Error">SQLSTATE; empty when it ran.</param>
public sealed record RecordedFacts(
    string Statement,
    string Error,
    IReadOnlyDictionary<string, LockLevel> Locks,
    IReadOnlyDictionary<string, LockLevel> IndexLocks,
    IReadOnlyDictionary<string, LockLevel> SequenceLocks,
    IReadOnlySet<string> Rewrites,
    IReadOnlySet<string> Scans)
{
    private const char Separator = '\t';

    /// <summary>One line, without line breaks and tabs of its own.</summary>
    public string ToLine() => string.Join(
        Separator, Flat(Statement), Error, Words(Locks), Words(IndexLocks), Words(SequenceLocks), string.Join(',', Rewrites.Order(StringComparer.Ordinal)), string.Join(',', Scans.Order(StringComparer.Ordinal)));

    public static RecordedFacts OfLine(string line)
    {
        var parts = line.Split(Separator);
        return new RecordedFacts(parts[0], parts[1], Locked(parts[2]), Locked(parts[3]), Locked(parts[4]), Named(parts[5]), Named(parts[6]));
    }

    /// <summary>The statements of a major: those of 15, with the lines over them that the other one does otherwise.</summary>
    public static IReadOnlyDictionary<string, RecordedFacts> Read(string folder, int major)
    {
        var facts = new Dictionary<string, RecordedFacts>(StringComparer.Ordinal);
        foreach (var file in new[] { 15, major }.Distinct().Select(m => Path.Combine(folder, $"facts.{m}.tsv")))
        {
            foreach (var one in File.ReadLines(file).Select(OfLine))
                facts[one.Statement] = one;
        }

        return facts;
    }

    public static string Flat(string sql) => sql.ReplaceLineEndings(" ").Replace(Separator, ' ');

    private static string Words(IReadOnlyDictionary<string, LockLevel> locks) =>
        string.Join(',', locks.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    private static SortedDictionary<string, LockLevel> Locked(string text) => new(
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(t => t.Split('=')).ToDictionary(t => t[0], t => Enum.Parse<LockLevel>(t[1])), StringComparer.Ordinal);

    private static SortedSet<string> Named(string text) => new(text.Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
}

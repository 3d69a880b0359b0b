using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.BackupStores;

/// <summary>What sets and their files are called in every store.</summary>
internal static class SetNames
{
    public const string Manifest = "manifest.json";

    public const string Unfinished = ".unfinished";

    private const int Longest = 128;

    /// <summary>The name itself; one that could leave the store's folder, or be taken for an unfinished set, fails with SD0511.</summary>
    public static string Checked(string name) =>
        name.Length is > 0 and <= Longest && char.IsAsciiLetterOrDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && !name.EndsWith(Unfinished, StringComparison.Ordinal)
            ? name
            : throw new ProblemException(BackupStoreProblems.NameRefused(name));

    /// <summary>Whether a name that a store lists can be a set's; others are none of ours.</summary>
    public static bool CanBe(string name) =>
        name.Length is > 0 and <= Longest && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && !name.EndsWith(Unfinished, StringComparison.Ordinal);
}

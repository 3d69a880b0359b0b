using SafeDeploy.Config;

namespace SafeDeploy.Integrations.Backups.PgDump;

/// <summary>The levels of verification as the words that are kept beside a set.</summary>
internal static class VerificationLevels
{
    private static readonly string[] Words = ["checksum", "list", "restore"];

    public static string Word(BackupVerification level) => Words[(int)level];

    /// <summary>Higher proves more; an unknown word proves nothing.</summary>
    public static int Rank(string word) => Array.IndexOf(Words, word);
}

namespace SafeDeploy.Config;

/// <summary>Knows a secret by the name it goes by, since its value tells nothing.</summary>
internal static class CredentialNames
{
    private static readonly string[] Words = ["PASSWORD", "PASSWD", "PWD", "PASSPHRASE", "TOKEN", "SECRET", "KEY", "CREDENTIAL"];

    /// <summary>True for <c>DB_PASSWORD</c>, <c>apiToken</c>, <c>SECRET_KEY_BASE</c>.</summary>
    public static bool IsCredential(string name) =>
        Array.Exists(Words, word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
}

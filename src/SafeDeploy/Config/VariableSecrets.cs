namespace SafeDeploy.Config;

/// <summary>Finds the secrets among variables that did not come through the configuration: by their name, and by a password in an address.</summary>
public static class VariableSecrets
{
    public static IEnumerable<string> In(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var secrets = new SecretTexts();
        foreach (var (name, value) in variables)
        {
            if (CredentialNames.IsCredential(name))
                secrets.Add(value);
            secrets.AddUrl(value);
        }

        return secrets.All.Select(secret => secret.Reveal());
    }
}

namespace SafeDeploy.Migrations;

/// <summary>How messages name a file: as the configuration reaches it.</summary>
public static class MigrationPaths
{
    public static string Below(string folder, string path) => folder.Length == 0 || folder == "." ? path : $"{folder.TrimEnd('/')}/{path}";
}

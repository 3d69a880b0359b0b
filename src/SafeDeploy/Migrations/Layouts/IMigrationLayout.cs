namespace SafeDeploy.Migrations.Layouts;

/// <summary>How one tool names and cuts its migration files.</summary>
public interface IMigrationLayout
{
    /// <summary>As <c>layout:</c> in the configuration and as messages say it.</summary>
    string Name { get; }

    /// <summary>What the layout's files look like, for the message about a file that fits none.</summary>
    string Example { get; }

    /// <summary>The file is one of this layout by its name and, where the name leaves it open, by its markers.</summary>
    bool Claims(MigrationFile file);

    /// <summary>Why a file of this tool cannot be run by us, or null.</summary>
    string? Refuses(MigrationFile file);

    /// <summary>What a claimed file gives; empty when it only holds what we need not know.</summary>
    IEnumerable<LayoutPart> Parts(MigrationFile file);
}

public enum PartKind
{
    Forward,
    Rollback,

    /// <summary>A settings file beside the SQL; only its flags count.</summary>
    Settings,
}

/// <summary>One direction of one migration, or its settings.</summary>
/// <param name="Version">As the tool's own history spells it.</param>
/// <param name="Script">The path is the file's, not yet below the configured folder.</param>
public sealed record LayoutPart(string Version, string Name, PartKind Kind, MigrationScript Script, bool NoTransaction = false);

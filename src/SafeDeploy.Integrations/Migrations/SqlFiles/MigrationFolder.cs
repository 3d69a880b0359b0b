using System.Collections.Immutable;
using System.Text;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Integrations.Migrations.SqlFiles;

/// <summary>Reads a folder from disk; what the files mean is <see cref="MigrationSetReader"/>'s.</summary>
public static class MigrationFolder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly HashSet<string> Read = new([".sql", ".toml", ".yaml", ".yml", ".conf"], StringComparer.OrdinalIgnoreCase);

    /// <summary>All files below <paramref name="folder"/>; fails with SD0401.</summary>
    /// <param name="shown">The folder as the configuration names it, for messages.</param>
    public static async Task<ImmutableArray<MigrationFile>> FilesAsync(string folder, string shown, CancellationToken cancellation)
    {
        if (!Directory.Exists(folder))
            throw new ProblemException(MigrationProblems.Unreadable(shown, "the folder does not exist"));
        var files = ImmutableArray.CreateBuilder<MigrationFile>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            files.Add(await FileAsync(folder, shown, path, cancellation));
        return files.ToImmutable();
    }

    private static async Task<MigrationFile> FileAsync(string folder, string shown, string path, CancellationToken cancellation)
    {
        var below = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
        if (!Read.Contains(Path.GetExtension(path)))
            return new MigrationFile(below, "");
        try
        {
            return new MigrationFile(below, Strict.GetString(await File.ReadAllBytesAsync(path, cancellation)));
        }
        catch (DecoderFallbackException failure)
        {
            throw new ProblemException(MigrationProblems.Unreadable(MigrationPaths.Below(shown, below), "it is not UTF-8"), failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(MigrationProblems.Unreadable(MigrationPaths.Below(shown, below), failure.Message), failure);
        }
    }
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using SafeDeploy.Integrations.Migrations.SqlFiles;
using SafeDeploy.Migrations;
using SafeDeploy.Problems;

namespace SafeDeploy.Cli.Init;

/// <summary>Looks at a project's files; reads only, and only so many.</summary>
internal sealed partial class ProjectScan(string root)
{
    private const int MostFiles = 20_000;
    private const int LargestSource = 256 * 1024;

    private static readonly HashSet<string> Skipped = new(
        [".git", "node_modules", "bin", "obj", "vendor", ".venv", "venv", "dist", "target", "artifacts", "__pycache__", ".idea", ".vs"], StringComparer.Ordinal);

    private static readonly HashSet<string> Sources = new([".cs", ".py", ".go", ".js", ".ts", ".rb", ".java", ".kt", ".rs", ".php", ".ex"], StringComparer.Ordinal);

    private static readonly string[] Infrastructure = ["postgres", "postgis", "redis", "mysql", "mariadb", "haproxy", "nginx", "traefik", "rabbitmq", "mongo", "minio"];

    public async Task<ProjectFound> ReadAsync(CancellationToken cancellation)
    {
        var files = Walk(root).Take(MostFiles).ToArray();
        var docker = files.Where(f => Path.GetFileName(f) == "Dockerfile").MinBy(f => f.Length);
        var compose = files.Where(f => Compose().IsMatch(Path.GetFileName(f))).MinBy(f => f.Length);
        var dockerfile = docker is null ? "" : Text(docker);
        var paths = HealthPaths(files, dockerfile);
        return new ProjectFound(
            NameOf(root), await MigrationsAsync(files, cancellation),
            docker is null ? null : Relative(docker), Port(dockerfile),
            compose is null ? null : Relative(compose), compose is null ? null : ImageOf(Text(compose)),
            paths.FirstOrDefault(p => p.Contains("read", StringComparison.OrdinalIgnoreCase)) ?? paths.FirstOrDefault(),
            paths.FirstOrDefault(p => p.Contains("live", StringComparison.OrdinalIgnoreCase)),
            Others(files), CiOf(files), null, null);
    }

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            yield return file;
        foreach (var child in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            if (!Skipped.Contains(Path.GetFileName(child)) && new DirectoryInfo(child).LinkTarget is null)
                foreach (var file in Walk(child))
                    yield return file;
    }

    /// <summary>Every folder whose SQL files make a whole set; one that lies in another such folder is part of it.</summary>
    private async Task<ImmutableArray<FoundMigrations>> MigrationsAsync(string[] files, CancellationToken cancellation)
    {
        var folders = files.Where(f => f.EndsWith(".sql", StringComparison.OrdinalIgnoreCase)).Select(f => Path.GetDirectoryName(f)!).Distinct()
            .SelectMany(f => new[] { Path.GetDirectoryName(f)!, f }).Where(f => f.StartsWith(root, StringComparison.Ordinal) && f != root && !f.Any(char.IsControl)).Distinct().Order(StringComparer.Ordinal);
        var found = new List<(string Folder, FoundMigrations Set)>();
        foreach (var folder in folders.Where(f => found.All(known => !f.StartsWith(known.Folder + "/", StringComparison.Ordinal))).ToArray())
        {
            if (found.Any(known => folder.StartsWith(known.Folder + "/", StringComparison.Ordinal)))
                continue;
            try
            {
                var (set, problems) = MigrationSetReader.Read(ScopeKind.Tenants, Relative(folder), null, await MigrationFolder.FilesAsync(folder, Relative(folder), cancellation));
                if (problems.IsEmpty && !set.Migrations.IsEmpty)
                    found.Add((folder, new FoundMigrations(Relative(folder), set.Layout, set.Migrations.Length, Relative(folder).Contains("tenant", StringComparison.OrdinalIgnoreCase))));
            }
            catch (ProblemException)
            {
                // A folder that cannot be read as migrations is none.
                continue;
            }
        }

        return [.. found.Select(f => f.Set)];
    }

    private static ImmutableArray<string> HealthPaths(string[] files, string dockerfile)
    {
        var texts = files.Where(f => Sources.Contains(Path.GetExtension(f)) && new FileInfo(f).Length < LargestSource).Take(2_000).Select(Text).Append(dockerfile);
        return [.. texts.SelectMany(t => HealthPath().Matches(t)).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal).OrderBy(p => p.Length)];
    }

    private ImmutableArray<string> Others(string[] files) =>
    [
        .. files.Where(f => Path.GetFileName(f) == "manage.py").Take(1).Select(f => $"Django ({Relative(f)})"),
        .. files.Where(f => Path.GetFileName(f).EndsWith("ModelSnapshot.cs", StringComparison.Ordinal)).Take(1).Select(f => $"Entity Framework Core ({Relative(f)})"),
    ];

    private Ci CiOf(string[] files) => files.Select(Relative) is var names && names.Any(n => n.StartsWith(".github/workflows/", StringComparison.Ordinal)) ? Ci.GitHub
        : names.Contains("azure-pipelines.yml") ? Ci.AzurePipelines
        : names.Contains(".gitlab-ci.yml") ? Ci.GitLab
        : Ci.GitHub;

    private static int? Port(string dockerfile) =>
        Expose().Match(dockerfile) is { Success: true } exposed && int.TryParse(exposed.Groups[1].Value, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536 ? port : null;

    private static string? ImageOf(string compose) => ComposeImage().Matches(compose).Select(m => m.Groups[1].Value)
        .FirstOrDefault(image => !image.Contains('$', StringComparison.Ordinal) && !Infrastructure.Any(known => image.Contains(known, StringComparison.Ordinal)))?.Split('@')[0];

    private static string NameOf(string root)
    {
        var name = string.Concat(Path.GetFileName(root.TrimEnd('/')).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-')).TrimStart('.', '-', '_');
        return name.Length == 0 ? "project" : name[..Math.Min(40, name.Length)];
    }

    private static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What cannot be read is not found; init says what it did find.
            return "";
        }
    }

    private string Relative(string path) => Path.GetRelativePath(root, path).Replace('\\', '/');

    [GeneratedRegex(@"^(docker-)?compose[\w.-]*\.ya?ml$")]
    private static partial Regex Compose();

    [GeneratedRegex(@"^\s*EXPOSE\s+(\d+)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Expose();

    [GeneratedRegex(@"^\s+image:\s*[""']?([^\s""'#]+)", RegexOptions.Multiline)]
    private static partial Regex ComposeImage();

    [GeneratedRegex(@"(?:[""']|://[^/\s""']+)(/(?:api/|_)?(?:health(?:z|check)?(?:/(?:live(?:ness)?|ready|readiness))?|readyz?|livez?|readiness|liveness))/?(?=[""'\s])")]
    private static partial Regex HealthPath();
}

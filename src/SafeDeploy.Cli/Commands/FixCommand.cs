using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Plans;
using SafeDeploy.Problems;
using SafeDeploy.Risk;
using SafeDeploy.Risk.Rewrites;
using SafeDeploy.Risk.Sql;

namespace SafeDeploy.Cli.Commands;

/// <summary><c>plan --fix</c>: writes the mechanical rewrites; says every file that it writes, and overwrites none.</summary>
internal static class FixCommand
{
    /// <param name="replace">Removes the files whose rewrites were written.</param>
    public static async Task WriteAsync(Invocation invocation, RiskReport report, ISqlParser parser, bool replace, CancellationToken cancellation)
    {
        var fixes = report.Files.Where(f => !f.IsReplayed)
            .Select(f => FixFiles.Of(f, [.. report.Statements.Where(s => s.File == f.Path)], parser))
            .OfType<FileFix>().ToArray();
        string Full(string path) => Path.GetFullPath(path, invocation.Folder);
        // The first part may take the very name of the file that it replaces; anything else that is there belongs to somebody.
        foreach (var file in fixes.SelectMany(f => f.Files.Where(n => !(replace && IsReplaced(f, n.Path)))))
            if (File.Exists(Full(file.Path)))
                throw new ProblemException(PlanSourceProblems.Exists(file.Path));
        foreach (var fix in fixes)
        {
            if (fix.WhyNot.Length > 0)
                await invocation.Error.WriteLineAsync($"left as it is: {fix.Original}: {fix.WhyNot}");
            else
                await WriteAsync(invocation, fix, replace, cancellation);
        }

        if (fixes.Length == 0)
            await invocation.Error.WriteLineAsync("nothing to fix: no statement has a mechanical rewrite");
    }

    private static bool IsReplaced(FileFix fix, string path) => path == fix.Original || path == RollbackOf(fix.Original);

    private static string? RollbackOf(string path) => path.EndsWith(".up.sql", StringComparison.Ordinal) ? path[..^"up.sql".Length] + "down.sql" : null;

    private static async Task WriteAsync(Invocation invocation, FileFix fix, bool replace, CancellationToken cancellation)
    {
        string Full(string path) => Path.GetFullPath(path, invocation.Folder);
        foreach (var file in fix.Files)
        {
            var isThere = File.Exists(Full(file.Path));
            Directory.CreateDirectory(Path.GetDirectoryName(Full(file.Path))!);
            await File.WriteAllTextAsync(Full(file.Path), file.Text, cancellation);
            await invocation.Error.WriteLineAsync($"{(isThere ? "replaced" : "wrote")}  {file.Path}");
        }

        var old = new[] { fix.Original, RollbackOf(fix.Original) }.OfType<string>().Where(p => File.Exists(Full(p)) && fix.Files.All(f => f.Path != p)).ToArray();
        foreach (var path in old.Where(_ => replace))
        {
            File.Delete(Full(path));
            await invocation.Error.WriteLineAsync($"removed  {path}");
        }

        if (!replace)
            await invocation.Error.WriteLineAsync($"kept     {string.Join(" and ", old)}: remove {(old.Length > 1 ? "them" : "it")}, or call with --replace; the new files stand for {(old.Length > 1 ? "them" : "it")}");
        foreach (var need in fix.Needs)
            await invocation.Error.WriteLineAsync($"to do    {need}");
    }
}

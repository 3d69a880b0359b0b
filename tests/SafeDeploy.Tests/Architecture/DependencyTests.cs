using System.Text.RegularExpressions;

namespace SafeDeploy.Tests.Architecture;

/// <summary>The arrows of docs/architecture.md that no compiler sees: who may name whom inside a project.</summary>
public sealed partial class DependencyTests
{
    private const int LongestFile = 400;

    /// <summary>For each part of the domain, the parts it may name. What is not listed may be named by nobody but its own files.</summary>
    private static readonly Dictionary<string, string[]> MayName = new(StringComparer.Ordinal)
    {
        ["Problems"] = [],
        ["Migrations"] = ["Problems"],
        ["Config"] = ["Migrations", "Problems"],
        ["Runs"] = ["Config", "Ledger", "Migrations", "Ports", "Problems"],
        ["Ledger"] = ["Migrations", "Ports", "Problems", "Runs"],
        ["Ports"] = ["Config", "Ledger", "Migrations", "Problems", "Runs"],
        // Ports, because the effect model answers one: what a script means for the image that serves.
        ["Risk"] = ["Config", "Migrations", "Ports", "Problems"],
        // The report prints the decision as it was made, so it reads the one type that is the decision.
        ["Reporting"] = ["Config", "Ledger", "Migrations", "Problems", "Risk", "Runs", "Steps.Rollback"],
        ["Steps"] = ["Config", "Ledger", "Migrations", "Ports", "Problems", "Reporting", "Risk", "Runs"],
        ["Pipeline"] = ["Config", "Ledger", "Migrations", "Ports", "Problems", "Reporting", "Risk", "Runs", "Steps"],
    };

    [Fact]
    public void Every_folder_of_the_domain_has_its_arrows_stated()
    {
        var folders = Directory.GetDirectories(Repository.PathOf("src", "SafeDeploy")).Select(folder => Path.GetFileName(folder)!);
        Repository.AssertNone(folders.Where(folder => !MayName.ContainsKey(folder) && folder is not ("bin" or "obj")));
    }

    [Fact]
    public void The_parts_of_the_domain_name_only_what_the_map_allows() =>
        Repository.AssertNone(
            from source in Source.All("src/SafeDeploy")
            from named in source.Names
            let parts = named.Split('.')
            where parts is ["SafeDeploy", var part, ..] && MayName.ContainsKey(part) && part != source.Folder(2)
            let allowed = MayName.GetValueOrDefault(source.Folder(2), [])
            where !allowed.Contains(parts[1]) && !allowed.Contains(string.Join('.', parts.Skip(1).Take(2)))
            select $"{source.Path} names {named}");

    [Fact]
    public void No_step_names_another_step() =>
        Repository.AssertNone(
            from source in Source.All("src/SafeDeploy/Steps")
            from named in source.Names
            where named.Split('.') is ["SafeDeploy", "Steps", var step, ..] && step != source.Folder(3)
            select $"{source.Path} names {named}");

    [Fact]
    public void No_vendor_names_another_vendor_of_the_same_port() =>
        Repository.AssertNone(
            from source in Source.All("src/SafeDeploy.Integrations")
            from named in source.Names
            where named.Split('.') is ["SafeDeploy", "Integrations", var port, var vendor, ..]
                && port == source.Folder(2) && source.Folder(3).Length > 0 && vendor != source.Folder(3) && Directory.Exists(Repository.PathOf("src", "SafeDeploy.Integrations", port, vendor))
            select $"{source.Path} names {named}");

    /// <summary>The stage that the vendors of a port serve: its problems and its pure rules are theirs too, and no other stage's.</summary>
    private static readonly Dictionary<string, string> Serves = new(StringComparer.Ordinal)
    {
        ["Backups"] = "Backup",
        ["DeployTargets"] = "DeployImage",
        ["HealthGates"] = "VerifyHealth",
    };

    [Fact]
    public void An_integration_names_no_step_but_the_one_it_serves() =>
        Repository.AssertNone(
            from source in Source.All("src/SafeDeploy.Integrations")
            from named in source.Names
            let parts = named.Split('.')
            where parts is ["SafeDeploy", "Pipeline", ..] || (parts is ["SafeDeploy", "Steps", var step, ..] && Serves.GetValueOrDefault(source.Folder(2)) != step)
            select $"{source.Path} names {named}");

    [Fact]
    public void No_integration_runs_a_step() =>
        Repository.AssertNone(
            from source in Source.All("src/SafeDeploy.Integrations")
            from step in Source.All("src/SafeDeploy/Steps").SelectMany(file => file.Declared).Where(type => type.EndsWith("Step", StringComparison.Ordinal))
            where source.Words.Contains(step)
            select $"{source.Path} uses {step}");

    [Fact]
    public void A_namespace_is_its_folder() =>
        Repository.AssertNone(
            from source in Source.All("src")
            let folder = Path.GetDirectoryName(source.Path)!.Replace('\\', '/')["src/".Length..].Replace('/', '.')
            where source.Namespace is not null && source.Namespace != folder
            select $"{source.Path} is in namespace {source.Namespace}");

    [Fact]
    public void The_domain_references_no_package_and_no_project() =>
        Assert.DoesNotMatch("<(PackageReference|ProjectReference)", Repository.Read("src/SafeDeploy/SafeDeploy.csproj"));

    [Fact]
    public void No_file_is_too_long_to_be_read() =>
        Repository.AssertNone(
            from file in Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs"))
            let lines = Repository.Read(file).AsSpan().Count('\n')
            where lines > LongestFile
            select $"{file} has {lines} lines, at most {LongestFile} are allowed");

    private sealed partial record Source(string Path, string? Namespace, IReadOnlyList<string> Names, IReadOnlyList<string> Declared, HashSet<string> Words)
    {

        public string Folder(int depth) => Path.Split('/') is var parts && parts.Length > depth + 1 ? parts[depth] : "";

        public static IEnumerable<Source> All(string folder) =>
            from file in Repository.Files(folder, "*.cs")
            let text = Comment().Replace(Repository.Read(file), "")
            select new Source(
                file,
                DeclaredNamespace().Match(text) is { Success: true } declared ? declared.Groups[1].Value : null,
                [.. QualifiedName().Matches(text).Select(match => match.Value).Distinct()],
                [.. DeclaredType().Matches(text).Select(match => match.Groups[1].Value)],
                [.. Word().Matches(text).Select(match => match.Value)]);

        [GeneratedRegex(@"^(?:public|internal)[\w ]* (?:class|record|record struct|interface|enum|struct) (\w+)", RegexOptions.Multiline)]
        private static partial Regex DeclaredType();

        [GeneratedRegex(@"\b[A-Z]\w+")]
        private static partial Regex Word();

        [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
        private static partial Regex Comment();

        [GeneratedRegex(@"^namespace\s+([\w.]+)\s*;", RegexOptions.Multiline)]
        private static partial Regex DeclaredNamespace();

        [GeneratedRegex(@"\bSafeDeploy(\.\w+)+")]
        private static partial Regex QualifiedName();
    }
}

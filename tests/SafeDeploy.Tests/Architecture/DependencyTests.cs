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
        ["Risk"] = ["Config", "Migrations", "Problems"],
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
                && port == source.Folder(2) && vendor != source.Folder(3) && Directory.Exists(Repository.PathOf("src", "SafeDeploy.Integrations", port, vendor))
            select $"{source.Path} names {named}");

    [Fact]
    public void Integrations_know_ports_and_not_the_steps_that_use_them() =>
        Repository.AssertNone(
            from source in Source.All("src/SafeDeploy.Integrations")
            from named in source.Names
            where named.Split('.') is ["SafeDeploy", "Pipeline" or "Steps", ..]
            select $"{source.Path} names {named}");

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

    private sealed partial record Source(string Path, string? Namespace, IReadOnlyList<string> Names)
    {
        public string Folder(int depth) => Path.Split('/') is var parts && parts.Length > depth + 1 ? parts[depth] : "";

        public static IEnumerable<Source> All(string folder) =>
            from file in Repository.Files(folder, "*.cs")
            let text = Comment().Replace(Repository.Read(file), "")
            select new Source(
                file,
                DeclaredNamespace().Match(text) is { Success: true } declared ? declared.Groups[1].Value : null,
                [.. QualifiedName().Matches(text).Select(match => match.Value).Distinct()]);

        [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
        private static partial Regex Comment();

        [GeneratedRegex(@"^namespace\s+([\w.]+)\s*;", RegexOptions.Multiline)]
        private static partial Regex DeclaredNamespace();

        [GeneratedRegex(@"\bSafeDeploy(\.\w+)+")]
        private static partial Regex QualifiedName();
    }
}

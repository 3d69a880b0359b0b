using SafeDeploy.Config;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Integrations.Hosts.GitLab;
using SafeDeploy.Risk;

namespace SafeDeploy.Tests.Architecture;

/// <summary>Pages that are made from the program are those in the repository; <c>ACCEPT=1</c> writes them.</summary>
public sealed class DocsAreCurrentTests
{
    [Fact]
    public void The_configuration_page_is_current() => Verify(ConfigPage.Markdown(), "docs/config.md");

    [Fact]
    public void The_configuration_schema_for_editors_is_current() => Verify(ConfigJsonSchema.Json(), "docs/safe-deploy.schema.json");

    [Fact]
    public void The_page_of_problems_is_current() => Verify(ProblemPage.Markdown(), "docs/problems.md");

    [Fact]
    public void The_schema_of_the_report_is_current() => Verify(Reporting.ReportSchema.Json(), "docs/report.schema.json");

    [Fact]
    public void The_faces_of_the_action_are_those_of_the_model()
    {
        Verify(GitHubManifest.Root(), "action.yml");
        foreach (var verb in HostModel.Verbs)
            Verify(GitHubManifest.Of(verb), $"action/{verb.Name}/action.yml");
        var faces = Directory.GetDirectories(Repository.PathOf("action")).Where(d => File.Exists(Path.Combine(d, "action.yml"))).Select(d => Path.GetFileName(d)!);
        Assert.Equal(HostModel.Verbs.Select(v => v.Name).Order(StringComparer.Ordinal), faces.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_input_tables_of_the_action_are_current() => Verify(GitHubManifest.Tables(), "action/README.md");

    [Fact]
    public void The_manifests_of_the_task_are_those_of_the_model()
    {
        Verify(AzureManifest.Task(HostModel.Version), "azdo-task/task/task.json");
        Verify(AzureManifest.Extension(HostModel.Version), "azdo-task/vss-extension.json");
    }

    [Fact]
    public void The_input_tables_of_the_task_are_current() => Verify(AzureManifest.Tables(), "azdo-task/README.md");

    [Fact]
    public void The_component_of_gitlab_and_its_page_are_those_of_the_model()
    {
        Verify(GitLabComponent.Template(HostModel.Version), "gitlab/templates/migrate/template.yml");
        Verify(GitLabComponent.Readme(HostModel.Version), "gitlab/README.md");
    }

    [Fact]
    public void The_pages_of_the_rules_are_current()
    {
        foreach (var info in RuleCatalogue.Infos)
            Verify(RulePage.Markdown(info), $"docs/rules/{info.Slug}.md");
        Verify(RulePage.Index(), "docs/rules/README.md");
        var pages = Directory.GetFiles(Repository.PathOf("docs", "rules")).Select(p => Path.GetFileNameWithoutExtension(p)!).Where(n => n != "README");
        Assert.Equal(RuleCatalogue.Infos.Select(i => i.Slug).Order(StringComparer.Ordinal), pages.Order(StringComparer.Ordinal));
    }

    private static void Verify(string text, string relative)
    {
        var path = Repository.PathOf(relative.Split('/'));
        if (Environment.GetEnvironmentVariable("ACCEPT") == "1" && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{relative} does not exist; write it with: ACCEPT=1 ./build check");
        Assert.True(File.ReadAllText(path).ReplaceLineEndings("\n") == text, $"{relative} is not current; write it with: ACCEPT=1 ./build check");
    }
}

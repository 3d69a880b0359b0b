using System.Text;
using System.Text.RegularExpressions;
using SafeDeploy.Cli;
using SafeDeploy.Cli.Terminal;

namespace SafeDeploy.Tests.Cli;

/// <summary>What the front door answers by itself: wrong lines, codes, versions, completions.</summary>
public sealed partial class FrontDoorTests
{
    [Fact]
    public async Task A_wrong_line_says_what_exists()
    {
        var text = new StringBuilder();
        foreach (var line in new[] { "", "rollbak", "deploy-everything --now", "run --outpt json", "completion tcsh", "adopt", "explain SD0999", "explain nonsense" })
            text.Append("$ safe-deploy ").Append(line).Append('\n').Append(await Called.WithAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Append('\n');
        Golden.Verify(Verbs().Replace(text.ToString(), "one of VERBS;"));
    }

    [Theory]
    [InlineData("SD0412")]
    [InlineData("sd0412")]
    [InlineData("412")]
    public async Task A_code_is_explained_as_people_type_it(string code)
    {
        var explained = await Called.WithAsync("explain", code);
        Assert.Equal(0, explained.Code);
        Assert.StartsWith("SD0412  lock not granted\n  means      ", explained.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_code_every_problem_is_listed() =>
        Assert.Equal(AllProblems.List().Length, (await Called.WithAsync("explain")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

    [Theory]
    [InlineData("0.1.0+4f1c09ab7e21", "0.1.0 (commit 4f1c09ab7e21)")]
    [InlineData("0.1.0", "0.1.0 (commit not known: built outside a repository)")]
    public void The_version_names_its_commit(string built, string said) => Assert.Equal(said, VersionAction.Words(built));

    [Fact]
    public async Task Files_are_judged_as_text_without_configuration_database_or_variables()
    {
        var folder = Directory.CreateTempSubdirectory("sd-files-").FullName;
        try
        {
            // Whoever ran it, rather than read it, would remove the file beside it.
            var witness = Path.Combine(folder, "witness");
            await File.WriteAllTextAsync(witness, "");
            await File.WriteAllTextAsync(Path.Combine(folder, "0001_x.up.sql"), $"copy (select 1) to program 'rm {witness}'; drop table sale;");
            var plan = await Called.InAsync(folder, "plan", "--files", "0001_x.up.sql");
            Assert.True(plan.Code == 3, plan.ToString());
            Assert.Contains("drop-table", plan.Out, StringComparison.Ordinal);
            Assert.True(File.Exists(witness));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_line_can_be_completed_while_it_is_unfinished()
    {
        Assert.StartsWith("rollback\n", (await Called.WithAsync("[suggest:14]", "safe-deploy ro")).Out, StringComparison.Ordinal);
        Assert.Equal("public\ntenants\n", (await Called.WithAsync("[suggest:25]", "safe-deploy adopt --only ")).Out);
        Assert.Contains("SD0412\n", (await Called.WithAsync("[suggest:25]", "safe-deploy explain SD041")).Out, StringComparison.Ordinal);
    }

    [GeneratedRegex("one of plan, run, [a-z, -]+;")]
    private static partial Regex Verbs();
}

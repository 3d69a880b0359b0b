using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SafeDeploy.Cli;
using SafeDeploy.Cli.Terminal;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Integrations.Hosts.GitLab;

namespace SafeDeploy.Tests.Hosts;

/// <summary>A wrong input is told in the words of the host on which somebody wrote it.</summary>
public sealed partial class WrongInputTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("sd-inputs-").FullName;

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    /// <summary>A word that is none, a flag, a duration, a name as another host writes it; a variable that only looks like an input is somebody's own.</summary>
    [Theory]
    [InlineData("github", "INPUT_SUMMARY=sometimes", "INPUT_ACCEPT-DRIFT=yes", "INPUT_ROLLBACK-WITHIN=5 minutes", "INPUT_DRYRUN=true", "INPUT_DIR=data")]
    [InlineData("azure", "INPUT_SUMMARY=sometimes", "INPUT_ACCEPTDRIFT=yes", "INPUT_ROLLBACKWITHIN=5 minutes", "INPUT_DRY-RUN=true", "INPUT_RELEASE=v$(Build.Tag)", "INPUT_DIR=data")]
    [InlineData("gitlab", "SAFE_DEPLOY_INPUT_SUMMARY=sometimes", "SAFE_DEPLOY_INPUT_ACCEPT_DRIFT=yes", "SAFE_DEPLOY_INPUT_ROLLBACK_WITHIN=5 minutes", "SAFE_DEPLOY_INPUT_DRYRUN=true", "SAFE_DEPLOY_INPUT_SARIF=true", "INPUT_DIR=data")]
    public async Task A_wrong_input_is_told_in_the_words_of_its_host(string host, params string[] given)
    {
        var (code, log) = await CallAsync(host, "run", given);
        Assert.Equal(64, code);
        Golden.Verify(Token().Replace(log, "TOKEN").Replace("\u001b", "<ESC>", StringComparison.Ordinal), $"A_wrong_input_on_{host}");
    }

    [Theory]
    [InlineData("github", "INPUT_STEP=bakcup", "with: step", "action/README.md")]
    [InlineData("azure", "INPUT_STEP=bakcup", "inputs: step", "azdo-task/README.md")]
    [InlineData("gitlab", "SAFE_DEPLOY_INPUT_STEP=bakcup", "SAFE_DEPLOY_INPUT_STEP", "gitlab/README.md")]
    public async Task A_step_that_does_not_exist_too(string host, string given, string where, string page)
    {
        var (code, log) = await CallAsync(host, null, given);
        Assert.Equal(64, code);
        Assert.Contains("step \"bakcup\" is not known; accepted: plan, run,", log, StringComparison.Ordinal);
        Assert.Contains(where, log, StringComparison.Ordinal);
        Assert.Contains(page, log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("github", "INPUT_DRY-RUN=true", "with: dry-run")]
    [InlineData("azure", "INPUT_DRYRUN=true", "inputs: dryRun")]
    [InlineData("gitlab", "SAFE_DEPLOY_INPUT_DRY_RUN=true", "SAFE_DEPLOY_INPUT_DRY_RUN")]
    public async Task A_dry_run_of_a_step_that_has_none_is_refused(string host, string given, string where)
    {
        var (code, log) = await CallAsync(host, "migrate-tenants", given);
        Assert.Equal(64, code);
        Assert.Contains("migrate-tenants has no dry run and would be a real one", log, StringComparison.Ordinal);
        Assert.Contains(where, log, StringComparison.Ordinal);
        // What changes nothing has no need of one.
        Assert.DoesNotContain("dry run", (await CallAsync(host, "status", given)).Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_input_is_told_with_the_name_that_its_host_reads()
    {
        foreach (var (words, variable) in new (InputWords, Func<string, string>)[] { (GitHubInputs.Words, GitHubInputs.Variable), (AzureInputs.Words, AzureInputs.Variable), (GitLabInputs.Words, GitLabInputs.Variable) })
            Assert.All(HostModel.InputsOn(words.Host), input => Assert.EndsWith(
                words.Name(input.Name).ToUpperInvariant().Replace('-', '_'), variable(input.Name).Replace('-', '_'), StringComparison.Ordinal));
    }

    private async Task<(int Code, string Log)> CallAsync(string host, string? step, params string[] given)
    {
        var output = new StringWriter();
        var variables = given.Select(g => g.Split('=', 2)).ToImmutableDictionary(g => g[0], g => g[1]);
        var code = await FrontDoor.RunAsync(
            ["action", .. step is null ? Array.Empty<string>() : [step], "--host", host], new Invocation(variables, _workspace, "user", "machine", 1, output, TextWriter.Null, false));
        return (code, output.ToString());
    }

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Token();
}

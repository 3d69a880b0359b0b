using System.Collections.Immutable;
using System.Text.Json.Nodes;
using SafeDeploy.Integrations.Hosts;
using SafeDeploy.Integrations.Hosts.Azure;
using SafeDeploy.Integrations.Hosts.GitHub;
using SafeDeploy.Integrations.Hosts.GitLab;
using SafeDeploy.Reporting;
using SafeDeploy.Tests.Harness;

namespace SafeDeploy.EndToEndTests.Actions;

/// <summary>What a pull or merge request changes, as each host tells it: a plan of a folder judges these files, and all of them where it is not told.</summary>
public sealed class ChangedFilesTests : IAsyncLifetime
{
    private const string AllJudged = "no list of changed files, so all files are judged: ";

    private readonly FakeAzure _azure = new(AzureContracts.Load());
    private readonly FakeGitHub _github = new(Contracts.GitHub);
    private readonly FakeGitLab _gitlab = new();
    private readonly StringWriter _log = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Assert.Empty(_azure.Complaints.Concat(_github.Complaints).Concat(_gitlab.Complaints));
        await _azure.DisposeAsync();
        await _github.DisposeAsync();
        await _gitlab.DisposeAsync();
    }

    [Fact]
    public async Task Azure_tells_it_page_by_page_renamed_files_by_their_new_name_and_deleted_ones_not()
    {
        _azure.Files.AddRange(["/db/1.sql", "/db/gone.sql", "/db/old name.sql", "/db/new name.sql", "/db/2.sql"]);
        // In words as the service says it, in the sum of numbers as older servers do.
        (_azure.Kinds["/db/gone.sql"], _azure.Kinds["/db/old name.sql"], _azure.Kinds["/db/new name.sql"], _azure.Kinds["/db/2.sql"]) = ("delete", "delete, sourceRename", "edit, rename", JsonValue.Create(10)!);
        using var host = Azure();
        Assert.Equal(["db/1.sql", "db/2.sql", "db/new name.sql"], (await ChangedAsync(host))!.Order());
        Assert.Equal(["0", "2", "4"], _azure.Calls.Where(c => c.Path.EndsWith("/iterations/2/changes", StringComparison.Ordinal)).Select(c => c.Query.Split("$skip=")[1].Split('&')[0]));
        _azure.Kinds["/db/2.sql"] = JsonValue.Create(16)!;
        using var again = Azure();
        Assert.Equal(["db/1.sql", "db/new name.sql"], (await ChangedAsync(again))!.Order());
    }

    [Theory]
    [InlineData("GET .*/changes", 403, "TF401027: You need the Git 'GenericRead' permission.", "It needs \"Read\" for the build identity of the job (\"pos Build Service\"")]
    [InlineData("GET .*/iterations$", 401, "no", "The job's own token is not accepted")]
    [InlineData("GET .*/iterations$", 404, "TF401019: no such repository", "Name it under resources: repositories")]
    public async Task A_refusal_of_azure_is_named_with_its_permission_and_asked_for_once(string call, int status, string message, string sentence)
    {
        _azure.Script(call, new FakeAnswer(status, message, 99));
        using var host = Azure();
        Assert.Null(await ChangedAsync(host));
        await host.TellAsync(new StepResult("plan", false, 0, """{"verdict":{"summary":"no risk"},"statements":[]}""", null), Redactor.None, default);
        Assert.Contains($"##vso[task.logissue type=warning;]{AllJudged}refused ({status}: {message.TrimEnd('.')})", Log, StringComparison.Ordinal);
        Assert.Contains(sentence, Log, StringComparison.Ordinal);
        Assert.Single(_azure.Calls, c => c.Path.EndsWith("/iterations", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_repository_at_github_that_azure_builds_is_asked_for_there()
    {
        _github.Files.AddRange(Enumerable.Range(0, 150).Select(i => $"db/{i}.sql"));
        _github.Removed.Add("db/7.sql");
        (string, string)[] provider = [("BUILD_REPOSITORY_PROVIDER", "GitHub"), ("BUILD_REPOSITORY_URI", $"{_github.Url}/acme/pos"), ("BUILD_REPOSITORY_NAME", "acme/pos"), ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "34")];
        using (var host = Azure("gh-token", provider))
        {
            var changed = (await ChangedAsync(host))!;
            Assert.Equal((149, false), (changed.Count, changed.Contains("db/7.sql")));
        }

        using (var without = Azure("", provider))
            Assert.Null(await ChangedAsync(without));
        Assert.Contains($"{AllJudged}the repository is at GitHub; githubConnection names", Log, StringComparison.Ordinal);
        Assert.All(_github.Calls, c => Assert.EndsWith("/repos/acme/pos/pulls/34/files", c.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_github_does_not_list_whole_is_not_known()
    {
        _github.Files.AddRange(Enumerable.Range(0, GitHubReports.MostFiles).Select(i => $"db/{i}.sql"));
        using var github = new GitHubPlatform(
            Variables(("GITHUB_REPOSITORY", "acme/pos"), ("GITHUB_API_URL", _github.Url), ("INPUT_GITHUB-TOKEN", "gh-token"), ("INPUT_FILES", "db")),
            """{"pull_request":{"number":34}}""", _log, () => "token", TimeProvider.System);
        Assert.Null(await ChangedAsync(github));
        Assert.Contains($"{AllJudged}GitHub lists the first 3000 of a pull request alone", Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gitlab_tells_it_page_by_page_renamed_files_by_their_new_name_and_deleted_ones_not()
    {
        _gitlab.Files.AddRange(Enumerable.Range(0, 150).Select(i => ($"db/{i}.sql", i == 7)));
        using var host = GitLab();
        var changed = (await ChangedAsync(host))!;
        Assert.Equal((149, false, true), (changed.Count, changed.Contains("db/7.sql"), changed.Contains("db/149.sql")));
        Assert.Equal(2, _gitlab.Calls.Count(c => c.Path == "/api/v4/projects/7/merge_requests/12/diffs"));
    }

    [Theory]
    [InlineData(401, "401 Unauthorized", "GitLab refused it (401: 401 Unauthorized). The token in SAFE_DEPLOY_GITLAB_TOKEN is not valid")]
    [InlineData(403, "403 Forbidden", "may not do it here. Make a project access token (Settings > Access tokens) with the role Reporter and the scope api")]
    [InlineData(404, "404 Not found", "may not do it here.")]
    public async Task A_refusal_of_gitlab_is_named_with_its_permission(int status, string message, string sentence)
    {
        _gitlab.Script("GET .*/diffs", new FakeAnswer(status, message, 9));
        using var host = GitLab();
        Assert.Null(await ChangedAsync(host));
        Assert.Contains(AllJudged, Log, StringComparison.Ordinal);
        Assert.Contains(sentence, Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fork_of_gitlab_has_no_token_and_a_list_that_is_cut_or_not_made_yet_is_none()
    {
        using (var fork = GitLab(("SAFE_DEPLOY_GITLAB_TOKEN", ""), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "99")))
            Assert.Null(await ChangedAsync(fork));
        Assert.Contains($"{AllJudged}the pipeline of a fork has no token of this project", Log, StringComparison.Ordinal);
        Assert.Empty(_gitlab.Calls);
        _gitlab.Files.Add(("db/1.sql", false));
        foreach (var count in new[] { "1000+", "", "2" })
        {
            _gitlab.ChangesCount = count;
            using var host = GitLab();
            Assert.Null(await ChangedAsync(host));
        }

        Assert.Contains($"{AllJudged}GitLab does not list as many files as the merge request changes", Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_files_are_judged_gitlab_is_not_asked()
    {
        using var host = GitLab(("SAFE_DEPLOY_INPUT_FILES", ""));
        Assert.Null(await ChangedAsync(host));
        Assert.Empty(_gitlab.Calls);
        Assert.Empty(Log);
    }

    private string Log => _log.ToString();

    private static Task<IReadOnlySet<string>?> ChangedAsync(IHostPlatform host) => host.ChangedAsync(Redactor.None, default);

    private AzurePlatform Azure(string gitHubToken = "", params (string Name, string Value)[] more) => new(
        Variables([
            ("SYSTEM_COLLECTIONURI", _azure.Url + "/"), ("SYSTEM_TEAMPROJECT", "pos"), ("BUILD_REPOSITORY_PROVIDER", "TfsGit"), ("BUILD_REPOSITORY_ID", "repo"), ("BUILD_REPOSITORY_NAME", "pos"),
            ("BUILD_BUILDID", "4711"), ("SYSTEM_PULLREQUEST_PULLREQUESTID", "12"), ("INPUT_FILES", "db"), ("INPUT_CONFIG", "safe-deploy.yml"), .. more]),
        new AzureHandOver("tok", gitHubToken, false), _log, (repository, name, token) => new GitHubDiscussion(repository, name, token, TimeProvider.System), () => "1", TimeProvider.System);

    private GitLabPlatform GitLab(params (string Name, string Value)[] more) => new(
        Variables([
            ("CI_API_V4_URL", _gitlab.Url), ("CI_PROJECT_ID", "7"), ("CI_MERGE_REQUEST_IID", "12"), ("CI_MERGE_REQUEST_PROJECT_ID", "7"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "7"),
            ("SAFE_DEPLOY_GITLAB_TOKEN", FakeGitLab.Token), ("SAFE_DEPLOY_INPUT_FILES", "db"), .. more]),
        _log, TimeProvider.System);

    private static ImmutableDictionary<string, string> Variables(params (string Name, string Value)[] all) =>
        ImmutableDictionary<string, string>.Empty.SetItems(all.Select(v => KeyValuePair.Create(v.Name, v.Value)));
}

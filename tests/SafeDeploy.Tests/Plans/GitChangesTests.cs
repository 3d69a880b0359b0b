using System.Collections.Immutable;
using SafeDeploy.Integrations.Plans;
using SafeDeploy.Integrations.Processes;
using SafeDeploy.Ports;
using SafeDeploy.Problems;

namespace SafeDeploy.Tests.Plans;

/// <summary>Which migrations a pull request changes, asked of a repository of the test's own.</summary>
public sealed class GitChangesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("sd-git-").FullName;
    private readonly ProcessRunner _commands = new(TimeProvider.System);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private async Task GitAsync(params string[] arguments)
    {
        string[] identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"];
        var call = new CommandCall(["git", .. identity, .. arguments], ImmutableDictionary<string, string>.Empty, _root, TimeSpan.FromMinutes(1));
        var result = await _commands.RunAsync(call, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, path))!);
        File.WriteAllText(Path.Combine(_root, path), text);
    }

    private async Task<string> ChangedAsync(string reference) => string.Join(' ', (await new GitChanges(_commands).SinceAsync(Path.Combine(_root, "db"), reference, CancellationToken.None))
        .Select(path => Path.GetRelativePath(_root, path)).Order(StringComparer.Ordinal));

    [Fact]
    public async Task New_changed_and_uncommitted_files_are_what_a_change_is()
    {
        await GitAsync("init", "-q");
        Write("db/1.sql", "a");
        Write("db/2.sql", "a");
        Write("db/gone.sql", "a");
        await GitAsync("add", ".");
        await GitAsync("commit", "-qm", "x");
        await GitAsync("branch", "base");
        Write("db/2.sql", "b");
        Write("db/3 ü.sql", "new");
        File.Delete(Path.Combine(_root, "db/gone.sql"));
        await GitAsync("add", "-A");
        await GitAsync("commit", "-qm", "y");
        // The base went on meanwhile: what it changed is not ours.
        await GitAsync("checkout", "-q", "base");
        Write("db/1.sql", "theirs");
        await GitAsync("commit", "-qam", "z");
        await GitAsync("checkout", "-q", "main");
        Write("db/4.sql", "untracked");

        Assert.Equal("db/2.sql db/3 ü.sql db/4.sql", await ChangedAsync("base"));
    }

    [Theory]
    [InlineData("no-such-branch")]
    [InlineData("--output=x")]
    [InlineData("")]
    public async Task A_base_that_git_does_not_know_is_refused_with_its_remedy(string reference)
    {
        await GitAsync("init", "-q");
        Write("db/1.sql", "a");
        await GitAsync("add", ".");
        await GitAsync("commit", "-qm", "x");

        var failure = await Assert.ThrowsAsync<ProblemException>(() => ChangedAsync(reference));

        Assert.Equal("SD0470", failure.Problem.Code);
        Assert.False(File.Exists(Path.Combine(_root, "x")));
    }
}

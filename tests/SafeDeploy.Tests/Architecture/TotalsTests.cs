using System.Diagnostics;

namespace SafeDeploy.Tests.Architecture;

/// <summary>What <c>./build test</c> says at its end is what CI believes; a project that ran nothing must not look green.</summary>
public sealed class TotalsTests : IDisposable
{
    private readonly DirectoryInfo _artifacts = Directory.CreateTempSubdirectory("safe-deploy-totals");

    public void Dispose() => _artifacts.Delete(recursive: true);

    [Fact]
    public void The_last_line_sums_all_projects()
    {
        Ran("A", exitCode: 0, total: 3, passed: 3, failed: 0);
        Ran("B", exitCode: 0, total: 4, passed: 4, failed: 0);
        Assert.Equal((0, "7 passed, 0 failed, 0 skipped\n"), Totals("A", "B"));
    }

    [Fact]
    public void A_failed_test_fails_the_build_and_the_others_still_count()
    {
        Ran("A", exitCode: 1, total: 3, passed: 2, failed: 1);
        Ran("B", exitCode: 0, total: 4, passed: 4, failed: 0);
        Assert.Equal((1, "6 passed, 1 failed, 0 skipped\n"), Totals("A", "B"));
    }

    [Fact]
    public void A_skipped_test_fails_the_build()
    {
        Ran("A", exitCode: 0, total: 3, passed: 2, failed: 0);
        Assert.Equal((1, "2 passed, 0 failed, 1 skipped\n"), Totals("A"));
    }

    [Fact]
    public void A_project_that_left_no_results_fails_the_build()
    {
        Ran("A", exitCode: 0, total: 3, passed: 3, failed: 0);
        Assert.Equal((1, "3 passed, 0 failed, 0 skipped\n"), Totals("A", "B"));
    }

    [Fact]
    public void A_project_without_tests_fails_the_build()
    {
        Ran("A", exitCode: 0, total: 0, passed: 0, failed: 0);
        Assert.Equal((1, "0 passed, 0 failed, 0 skipped\n"), Totals("A"));
    }

    [Fact]
    public void A_test_host_that_died_fails_the_build_although_no_test_did()
    {
        Ran("A", exitCode: 1, total: 3, passed: 3, failed: 0);
        Assert.Equal((1, "3 passed, 0 failed, 0 skipped\n"), Totals("A"));
    }

    private void Ran(string project, int exitCode, int total, int passed, int failed)
    {
        var results = _artifacts.CreateSubdirectory(Path.Combine("tests", project)).FullName;
        File.WriteAllText(Path.Combine(results, "exit-code"), $"{exitCode}\n");
        File.WriteAllText(
            Path.Combine(results, "results.trx"),
            $"""
            <TestRun><ResultSummary outcome="Completed">
              <Counters total="{total}" executed="{passed + failed}" passed="{passed}" failed="{failed}" error="0" timeout="0" aborted="0" inconclusive="0" notExecuted="0" />
            </ResultSummary></TestRun>
            """);
    }

    private (int ExitCode, string Output) Totals(params string[] projects)
    {
        const string script = """set -euo pipefail; artifacts=$1; shift; for part in build.d/*.sh; do . "$part"; done; totals "$@" """;
        var start = new ProcessStartInfo("bash", ["-c", "root=$PWD; " + script, "totals", _artifacts.FullName, .. projects.Select(name => $"tests/{name}/{name}.csproj")])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var story = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 1, story.GetAwaiter().GetResult());
        return (process.ExitCode, output);
    }
}

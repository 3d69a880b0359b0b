using System.Diagnostics;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>The scripts of <c>completion</c>, read by real shells that ask the published program.</summary>
public sealed class CompletionTests
{
    private const string Script =
        """
        source <(safe-deploy completion bash)
        for line in "$@"; do
            COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
            read -ra COMP_WORDS <<<"$line"
            [[ $line != *" " ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _safe_deploy
            echo "${COMPREPLY[*]}"
        done
        complete -p safe-deploy
        """;

    [Fact]
    public async Task Verbs_options_and_values_are_completed_in_bash()
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "--norc", "-c", Script, "bash", "safe-deploy ro", "safe-deploy adopt --only ", "safe-deploy run --acc", "safe-deploy run --config saf" })
            start.ArgumentList.Add(argument);
        start.Environment["PATH"] = $"{Path.GetDirectoryName(TestServers.Program)}:{start.Environment["PATH"]}";
        using var process = new CliProcess(start);
        var result = await process.EndAsync();
        Assert.Equal("rollback\npublic tenants\n--accept-drift --accept-serving\n\ncomplete -o default -F _safe_deploy safe-deploy\n", result.Out);
        Assert.Equal("", result.Error);
    }
}

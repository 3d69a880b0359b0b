using System.Diagnostics;
using SafeDeploy.EndToEndTests.Harness;

namespace SafeDeploy.EndToEndTests;

/// <summary>The scripts of <c>completion</c>, read by real shells that ask the published program.</summary>
public sealed class CompletionTests
{
    private const string Bash =
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

    // An interactive shell on a terminal of its own: the line is typed, then TAB, then ENTER, and the shell says what it would have called.
    private const string Zsh =
        """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1= ; PS2= ; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source <(safe-deploy completion zsh)
            safe-deploy() { if [[ $1 == "[suggest:"* ]]; then command safe-deploy "$@"; else print -r -- "called:<$*>"; fi }; print read""y'
        zpty -r shell said '*ready*'
        for line in "$@"; do
            zpty -n -w shell "$line"$'\t\n'
            zpty -r shell said '*called:<*>*'
            print -r -- "${${said##*called:<}%%>*}"
        done
        zpty -d shell
        """;

    private const string Fish =
        """
        safe-deploy completion fish | source
        for line in $argv
            string join -- " " (complete -C "$line")
        end
        """;

    [Fact]
    public async Task Verbs_options_and_values_are_completed_in_bash()
    {
        var result = await ShellAsync("bash", "--norc", "-c", Bash, "bash", "safe-deploy ro", "safe-deploy adopt --only ", "safe-deploy run --acc", "safe-deploy run --config saf");
        Assert.Equal("rollback\npublic tenants\n--accept-drift --accept-serving\n\ncomplete -o default -F _safe_deploy safe-deploy\n", result.Out);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public async Task Verbs_options_and_values_are_completed_in_zsh()
    {
        var result = await ShellAsync("zsh", "-f", "-c", Zsh, "zsh", "safe-deploy rollb", "safe-deploy completion f", "safe-deploy report --format pos", "safe-deploy run --accept-d");
        Assert.Equal("rollback\ncompletion fish\nreport --format post-mortem\nrun --accept-drift\n", result.Out);
    }

    [Fact]
    public async Task Verbs_options_values_and_files_are_completed_in_fish()
    {
        var result = await ShellAsync("fish", "--no-config", "-c", Fish, "safe-deploy rollb", "safe-deploy adopt --only ", "safe-deploy run --acc", "safe-deploy run --config /etc/host");
        Assert.Equal("rollback\npublic tenants\n--accept-drift --accept-serving\n", result.Out[..result.Out.IndexOf("/etc/", StringComparison.Ordinal)]);
        Assert.Contains("/etc/hosts", result.Out, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    private static async Task<CliResult> ShellAsync(string shell, params string[] arguments)
    {
        var start = new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.GetDirectoryName(TestServers.Program)}:{start.Environment["PATH"]}";
        using var process = new CliProcess(start);
        return await process.EndAsync();
    }
}

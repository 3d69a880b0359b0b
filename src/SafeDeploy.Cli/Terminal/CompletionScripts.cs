namespace SafeDeploy.Cli.Terminal;

/// <summary>Scripts that ask the program itself what may follow: its <c>[suggest:POSITION]</c> directive knows every verb, option and value.</summary>
/// <remarks>Nothing of the command line is repeated here, so a script once installed stays right.</remarks>
public static class CompletionScripts
{
    public static string For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, null),
    };

    // compgen filters by the word under the cursor; where nothing fits, -o default offers files.
    private const string Bash =
        """
        # safe-deploy in bash: source <(safe-deploy completion bash)
        _safe_deploy() {
            local IFS=$'\n' offered
            offered=$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null) || return 0
            COMPREPLY=($(compgen -W "$offered" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _safe_deploy safe-deploy

        """;

    private const string Zsh =
        """
        #compdef safe-deploy
        # safe-deploy in zsh: source <(safe-deploy completion zsh), after compinit
        _safe_deploy() {
            local -a offered
            offered=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            if (( ${#offered} )) && [[ -n ${offered[1]} ]]; then
                compadd -a offered || _files
            else
                _files
            fi
        }
        compdef _safe_deploy safe-deploy

        """;

    private const string Fish =
        """
        # safe-deploy in fish: safe-deploy completion fish | source
        function __safe_deploy_offered
            set -l line (commandline -cp)
            set -l words (commandline -op)
            set -l offered ($words[1] "[suggest:"(string length -- $line)"]" $line 2>/dev/null)
            if test -n "$offered"
                printf '%s\n' $offered
            else
                __fish_complete_path (commandline -ct)
            end
        end
        complete -c safe-deploy -f -a "(__safe_deploy_offered)"

        """;
}

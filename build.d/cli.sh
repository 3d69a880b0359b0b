# The published program: framework-dependent, compiled ahead of time (ReadyToRun), PostgreSQL's grammar beside it.

cli() {
    local next="$artifacts/cli.next" log="$artifacts/cli.log"
    rm -rf "$next"
    say "publishing artifacts/cli/safe-deploy"
    dotnet publish src/SafeDeploy.Cli -c Release -r linux-x64 --self-contained false -o "$next" -v q -nologo \
        -p:PublishReadyToRun=true -p:PublishDocumentationFiles=false >"$log" 2>&1 || {
        grep -E 'error|warn' "$log" | sort -u | head -n 40 >&2 || cat "$log" >&2
        fail_with "the program does not compile" "src/SafeDeploy.Cli" "artifacts/cli is as it was" "stopping" "correct the errors above"
    }
    cp "$(libpg_query)" "$next/libpg_query.so" # by the name that the program looks for beside itself
    # Swapped by rename, so that a program started meanwhile is whole.
    rm -rf "$artifacts/cli.old"
    [ ! -e "$artifacts/cli" ] || mv "$artifacts/cli" "$artifacts/cli.old"
    mv "$next" "$artifacts/cli"
    rm -rf "$artifacts/cli.old"
}

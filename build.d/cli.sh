# The published program, PostgreSQL's grammar beside it. It brings its own runtime, trimmed, because only what is compiled together
# with the runtime is compiled ahead of time whole: of 2,456 methods that `status` compiled at its start, 624 are left (docs/decisions/0013-one-composite-image.md).

cli() {
    local next="$artifacts/cli.next" log="$artifacts/cli.log"
    rm -rf "$next"
    say "publishing artifacts/cli/safe-deploy"
    # Analyzers ran where the sources were checked; here only the program is made.
    dotnet publish src/SafeDeploy.Cli -c Release -r linux-x64 --self-contained true -o "$next" -v q -nologo \
        -p:PublishReadyToRun=true -p:PublishReadyToRunComposite=true -p:PublishTrimmed=true \
        -p:RunAnalyzers=false -p:DebugType=none -p:PublishDocumentationFiles=false >"$log" 2>&1 || {
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

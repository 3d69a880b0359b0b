# The published program, PostgreSQL's grammar beside it: native code, no runtime (docs/decisions/0014-native-code.md).

cli() {
    local next="$artifacts/cli.next" log="$artifacts/cli.log"
    rm -rf "$next"
    say "publishing artifacts/cli/safe-deploy"
    native_program "$next" "$log"
    cp "$(libpg_query)" "$next/libpg_query.so" # by the name that the program looks for beside itself
    # Swapped by rename, so that a program started meanwhile is whole.
    rm -rf "$artifacts/cli.old"
    [ ! -e "$artifacts/cli" ] || mv "$artifacts/cli" "$artifacts/cli.old"
    mv "$next" "$artifacts/cli"
    rm -rf "$artifacts/cli.old"
}

# native_program FOLDER LOG: the program and the libraries that stand beside it.
native_program() {
    # Analyzers ran where the sources were checked; here only the program is made, in a place of its own: what a build restores and
    # compiles stays as it is.
    dotnet publish src/SafeDeploy.Cli -c Release -r linux-x64 -o "$1" -v q -nologo -p:PublishAot=true -p:ArtifactsPath="$artifacts/native" \
        -p:RunAnalyzers=false -p:DebugType=none -p:NativeDebugSymbols=false -p:PublishDocumentationFiles=false >"$2" 2>&1 </dev/null || {
        grep -E 'error|warn' "$2" | sort -u | head -n 40 >&2 || cat "$2" >&2
        fail_with "the program does not compile" "$2" "the program published before is as it was" "stopping" "correct the errors above"
    }
}

# Building and testing. Compilers and test hosts write to logs, so that standard output holds the totals alone.

# In CI nothing may live on after the script: it would hold its pipes open.
if [ "${CI:-}" = true ]; then
    export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
fi

# compile CONFIGURATION WHAT: errors and warnings are printed, the rest is in the log.
compile() {
    local log="$artifacts/compile.log" started=$SECONDS
    # One compiler for all projects, for as long as this takes: its own start costs as much as a small project.
    UseSharedCompilation=true dotnet build "$2" -c "$1" -v q -nologo -clp:NoSummary >"$log" 2>&1 </dev/null || {
        compiler_ends
        grep -E '(error|warning) ' "$log" | sort -u | head -n 40 >&2 || cat "$log" >&2
        fail_with "$2 does not compile" "$log" "no test ran" "stopping" "correct the errors above"
    }
    compiler_ends
    say "compiled $2 ($1) in $((SECONDS - started)) s"
}

compiler_ends() {
    [ "${CI:-}" = true ] || return 0
    dotnet build-server shutdown --vbcscompiler >"$artifacts/compiler-ends.log" 2>&1 </dev/null ||
        say "the compiler server did not end ($artifacts/compiler-ends.log): it ends by itself when nothing was asked of it for a while"
}

# Tools and samples live under tests/ too.
test_projects() { grep -l '<IsTestProject>true' tests/*/*.csproj; }

# run_tests CONFIGURATION PROJECT ARGUMENTS…: one project; its outcome goes to artifacts/tests/NAME.
run_tests() {
    local configuration=$1 project=$2 name results client started=$SECONDS exit_code=0
    shift 2
    name=$(basename "$project" .csproj)
    results="$artifacts/tests/$name"
    rm -rf "$results"
    mkdir -p "$results"
    # The client's own programs first: Debian's of the same names start Perl, three thousand times in a run.
    if ! client=$(postgres_bin); then client=; fi
    PATH="${client:+$client:}$PATH" dotnet test "$project" -c "$configuration" --no-build --nologo -v q --results-directory "$results" \
        --logger "trx;LogFileName=results.trx" --logger "console;verbosity=minimal" \
        --blame-hang-timeout 8m --blame-hang-dump-type none "$@" >"$results/output.log" 2>&1 </dev/null || exit_code=$?
    echo "$exit_code" >"$results/exit-code"
    [ "$exit_code" = 0 ] || grep -vE '^(Attachments|A total of|Test run for|  .*/Sequence_)' "$results/output.log" >&2 || true
    say "$name: $(outcome "$results" | awk '{print $1 " passed, " $2 " failed, " $3 " skipped"}') in $((SECONDS - started)) s"
}

# A few tests that failed are asked once more, alone and by name, after everything else: on real servers under load a deadline
# can pass that a quiet machine keeps. What fails again has failed; what does not is named here, so that it is looked at.
ask_again() {
    local configuration=$1 project=$2 results names filter exit_code=0
    results="$artifacts/tests/$(basename "$project" .csproj)"
    names=$(grep -o 'testName="[^"]*"[^>]*outcome="Failed"' "$results/results.trx" 2>/dev/null |
        sed 's/^testName="//; s/[("].*//' | sort -u || true)
    [ -n "$names" ] && [ "$(wc -l <<<"$names")" -le 6 ] || return 0
    say "asking again, alone:"
    say "$names"
    filter=$(sed 's/^/FullyQualifiedName=/' <<<"$names" | paste -sd '|')
    dotnet test "$project" -c "$configuration" --no-build --nologo -v q --results-directory "$results" --filter "$filter" \
        --logger "trx;LogFileName=again.trx" --blame-hang-timeout 8m --blame-hang-dump-type none \
        >"$results/again.log" 2>&1 </dev/null || exit_code=$?
    echo "$exit_code" >"$results/exit-code"
    [ "$exit_code" = 0 ] || cat "$results/again.log" >&2
}

# outcome RESULTS: "passed failed skipped" of a project; a second asking decides about the tests that failed in the first.
outcome() {
    local passed failed skipped again_passed again_failed again_skipped
    read -r passed failed skipped < <(counts "$1/results.trx")
    if [ -f "$1/again.trx" ]; then
        read -r again_passed again_failed again_skipped < <(counts "$1/again.trx")
        [ $((again_passed + again_failed)) = 0 ] || {
            passed=$((passed + failed - again_failed)) failed=$again_failed skipped=$((skipped + again_skipped))
        }
    fi
    echo "$passed $failed $skipped"
}

# counts TRX: "passed failed skipped"; the logger does not count a skipped test, but its total knows it.
counts() {
    local line
    line=$(grep -o '<Counters [^>]*>' "$1" 2>/dev/null || true)
    number() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$line" | grep . || echo 0; }
    local passed failed
    passed=$(number passed)
    failed=$(($(number failed) + $(number error) + $(number timeout) + $(number aborted)))
    echo "$passed $failed $(($(number total) - passed - failed))"
}

# Prints the totals of all projects as the last line; fails when a test failed, was skipped, or a project did not run.
totals() {
    local project name passed failed skipped all_passed=0 all_failed=0 all_skipped=0 broken=0
    for project in "$@"; do
        name=$(basename "$project" .csproj)
        read -r passed failed skipped < <(outcome "$artifacts/tests/$name")
        all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed)) all_skipped=$((all_skipped + skipped))
        if [ $((passed + failed)) = 0 ]; then
            say "$name: no test ran (artifacts/tests/$name/output.log)"
            broken=1
        elif [ "$(cat "$artifacts/tests/$name/exit-code" 2>/dev/null)" != 0 ] && [ "$failed" = 0 ]; then
            say "$name: the test host failed although no test did (artifacts/tests/$name/output.log)"
            broken=1
        fi
    done
    [ "$all_skipped" = 0 ] || say "skipped tests count as failures: a missing server is a failure, never a skip"
    echo "$all_passed passed, $all_failed failed, $all_skipped skipped"
    [ $((all_failed + all_skipped + broken)) = 0 ]
}

# Servers for the length of a command: stopped at its end unless they ran before it.
borrow_servers() {
    setup servers
    contracts
    borrowed=yes running=()
    if servers_answer; then borrowed=no; fi
    trap return_servers EXIT
    up
    images
}

# However the command ended: what it began beside itself ends with it, or it would use the servers, and hold CI's pipes.
return_servers() {
    local pid
    trap - EXIT
    for pid in $(jobs -pr); do
        case " ${running[*]} " in *" $pid "*) end_with_children "$pid" ;; esac
    done
    [ "$borrowed" = no ] || down
}

# All are found before the first ends: whoever loses its parent is found no more.
end_with_children() {
    local process
    for process in $(tree_of "$1"); do
        kill "$process" 2>/dev/null || continue # it has ended with its parent
    done
}

# tree_of PID: the process and everything below it, parents first, so that they begin nothing more.
tree_of() {
    local child
    echo "$1"
    for child in $(cat "/proc/$1/task/"*"/children" 2>/dev/null); do tree_of "$child"; done
}

# beside COMMAND…: goes on while this script does; its id is in $!.
beside() {
    "$@" &
    running+=($!)
}

test_all() {
    local started=$SECONDS project projects publishing making tests=()
    local of_the_program=tests/SafeDeploy.EndToEndTests/SafeDeploy.EndToEndTests.csproj
    projects=$(test_projects)
    borrow_servers
    # The compiler of native code uses one core only: everything that needs no program goes on beside it.
    beside cli
    publishing=$!
    compile Release Pipeline.sln
    beside watch_docker
    beside sample_images
    making=$!
    for project in $projects; do
        [ "$project" != "$of_the_program" ] || continue
        beside run_tests Release "$project"
        tests+=($!)
    done
    wait "$publishing"
    wait "$making"
    run_tests Release "$of_the_program"
    wait "${tests[@]}"
    for project in $projects; do
        ask_again Release "$project"
    done
    return_servers
    say "all of it in $((SECONDS - started)) s"
    # shellcheck disable=SC2086 # project paths hold no spaces
    totals $projects
}

# test_one PROJECT ARGUMENTS…: for people, who want to see the output as it comes.
test_one() {
    local project=$1
    shift
    borrow_servers
    compile Release Pipeline.sln
    cli
    sample_images
    local exit_code=0
    dotnet test "$project" -c Release --no-build --nologo "$@" || exit_code=$?
    return_servers
    return "$exit_code"
}

check() {
    local started=$SECONDS
    setup sources
    say "restoring"
    dotnet restore Pipeline.sln -v q -nologo >&2
    compile Release Pipeline.sln
    check_format
    run_tests Release tests/SafeDeploy.Tests/SafeDeploy.Tests.csproj
    ask_again Release tests/SafeDeploy.Tests/SafeDeploy.Tests.csproj
    say "check took $((SECONDS - started)) s"
    totals tests/SafeDeploy.Tests/SafeDeploy.Tests.csproj
}

# White space and line ends only: what has to be compiled to be judged, the compiler has refused already.
check_format() {
    local started=$SECONDS log="$artifacts/format.log"
    dotnet format whitespace . --folder --include src/ tests/ bench/ --verify-no-changes -v q >"$log" 2>&1 </dev/null || {
        sort -u "$log" | head -n 40 >&2
        fail_with "the sources are not formatted" "the files above" "nothing was changed" "stopping" "dotnet format whitespace . --folder --include src/ tests/ bench/"
    }
    say "formatting is right ($((SECONDS - started)) s)"
}

docs() {
    setup sources
    compile Release tests/SafeDeploy.Tests/SafeDeploy.Tests.csproj
    ACCEPT=1 dotnet test tests/SafeDeploy.Tests/SafeDeploy.Tests.csproj -c Release --no-build --nologo --filter "FullyQualifiedName~DocsAreCurrent" >&2
}

bench() {
    case ${1:-} in
        plan) bench_plan "${@:2}"; return ;;
        image) bench_image "${@:2}"; return ;;
    esac
    setup servers
    dotnet run -c Release --project bench/SafeDeploy.Benchmarks -- "$@"
}

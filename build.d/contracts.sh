# What others publish of their interfaces (tests/contracts): GitHub's OpenAPI document, its workflow parser, a linter;
# and a server of the S3 protocol. For tests only.

contracts() {
    local home="$artifacts/contracts" log="$artifacts/contracts.log"
    mkdir -p "$home"
    cp tests/contracts/package.json tests/contracts/package-lock.json tests/contracts/*.mjs "$home/"
    task_library "$home/task"
    [ "$home/.made" -nt tests/contracts/package-lock.json ] && return 0
    have npm || install_packages npm
    say "installing the contracts of others (npm ci)"
    npm ci --prefix "$home" --no-audit --no-fund --ignore-scripts >"$log" 2>&1 </dev/null || fail_with \
        "the contracts could not be installed" "$log" "nothing else was changed" "stopping" "read the log; npm ci in tests/contracts"
    touch "$home/.made"
}

# task_library FOLDER: what the Azure task's shim stands on, for the tests that run it.
task_library() {
    local log="$artifacts/task-library.log"
    mkdir -p "$1"
    cp azdo-task/task/package.json azdo-task/task/package-lock.json "$1/"
    [ "$1/.made" -nt azdo-task/task/package-lock.json ] && return 0
    have npm || install_packages npm
    npm ci --prefix "$1" --omit=dev --no-audit --no-fund --ignore-scripts >"$log" 2>&1 </dev/null || fail_with \
        "the library of the Azure task could not be installed" "$log" "nothing else was changed" "stopping" "read the log; npm ci in azdo-task/task"
    touch "$1/.made"
}

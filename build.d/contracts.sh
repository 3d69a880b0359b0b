# What others publish of their interfaces (tests/contracts): GitHub's OpenAPI document, its workflow parser, a linter;
# and a server of the S3 protocol. For tests only.

contracts() {
    local home="$artifacts/contracts" log="$artifacts/contracts.log"
    mkdir -p "$home"
    cp tests/contracts/package.json tests/contracts/package-lock.json tests/contracts/*.mjs "$home/"
    [ "$home/.made" -nt tests/contracts/package-lock.json ] && return 0
    have npm || install_packages npm
    say "installing the contracts of others (npm ci)"
    npm ci --prefix "$home" --no-audit --no-fund --ignore-scripts >"$log" 2>&1 </dev/null || fail_with \
        "the contracts could not be installed" "$log" "nothing else was changed" "stopping" "read the log; npm ci in tests/contracts"
    touch "$home/.made"
}

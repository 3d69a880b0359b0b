# A multi-tenant backend deployed, a bad release caught, the way back taken and proved: on servers of its own.

demo() {
    servers_home="$artifacts/demo"
    docker_is_optional=yes
    setup demo
    trap 'down' EXIT
    up
    cli
    if docker_answers; then images; fi
    say "the demo: tests/samples/sql-files"
    local exit_code=0
    # What the sample is told about this machine comes as environment, as in CI.
    env $(cat "$(servers_env)") SAFE_DEPLOY="$artifacts/cli/safe-deploy" SAFE_DEPLOY_DEMO_HOME="$artifacts/demo" \
        tests/samples/sql-files/demo.sh "$@" || exit_code=$?
    down
    trap - EXIT
    return "$exit_code"
}

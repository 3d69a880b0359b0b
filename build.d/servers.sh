# The real servers that tests and demo run against. All on loopback or unix sockets, all private to this checkout.
# up writes where they are to servers.env; down stops what up started and nothing else.

servers_home=${SAFE_DEPLOY_SERVERS_HOME:-$artifacts/servers}
servers_env() { if [ "$servers_home" = "$artifacts/servers" ]; then echo "$artifacts/servers.env"; else echo "$servers_home/servers.env"; fi; }

# remembered KEY: what an earlier `up` wrote down, or nothing.
remembered() {
    [ -f "$servers_home/state" ] || return 0
    sed -n "s/^$1=//p" "$servers_home/state" | tail -n 1
}

remember() {
    touch "$servers_home/state"
    sed -i "/^$1=/d" "$servers_home/state"
    printf '%s=%s\n' "$1" "$2" >>"$servers_home/state"
}

up() {
    mkdir -p "$servers_home"
    exec 9>"$servers_home/lock"
    flock -w 300 9 || fail_with "another ./build up works on these servers" "$servers_home/lock" "nothing was changed" "stopping" "wait for it to end"
    up_docker
    up_postgres
    up_registry
    write_servers_env
    flock -u 9
    exec 9>&-
}

write_servers_env() {
    local login registry
    login="sd_admin:$(remembered postgres_password)"
    registry=$(remembered registry_port)
    {
        echo "SAFE_DEPLOY_TEST_POSTGRES=postgres://$login@127.0.0.1:$(remembered postgres_port)/postgres"
        echo "SAFE_DEPLOY_TEST_POSTGRES_FROM_CONTAINERS=postgres://$login@$(bridge_address):$(remembered postgres_port)/postgres"
        echo "SAFE_DEPLOY_TEST_POSTGRES_SOCKET=$(remembered postgres_socket)"
        echo "SAFE_DEPLOY_TEST_POSTGRES_BIN=$(postgres_bin)"
        if docker_answers; then echo "SAFE_DEPLOY_TEST_DOCKER=unix://$docker_socket"; fi
        if [ -n "$registry" ]; then echo "SAFE_DEPLOY_TEST_REGISTRY=127.0.0.1:$registry"; fi
    } >"$(servers_env).next"
    mv "$(servers_env).next" "$(servers_env)"
}

down() {
    [ -f "$servers_home/state" ] || return 0
    down_registry
    down_postgres
    down_docker
    rm -f "$servers_home/state" "$(servers_env)"
    say "servers: stopped"
}

# True when everything `up` would start answers already; then whoever calls `up` is not the one to call `down`.
servers_answer() {
    [ -f "$(servers_env)" ] && docker_answers && postgres_answers && registry_answers
}

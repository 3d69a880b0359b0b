# A real image registry on loopback, so that digests and moving tags are tested without the internet.

registry_answers() {
    local port
    port=$(remembered registry_port)
    [ -n "$port" ] || return 1
    is_running "$(remembered registry_pid)" docker-registry || return 1
    exec 8<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET /v2/ HTTP/1.0\r\nHost: localhost\r\n\r\n' >&8
    local line=
    read -r -t 3 line <&8 || true
    exec 8>&-
    [[ $line == *" 200 "* ]]
} 2>/dev/null

up_registry() {
    registry_answers && return
    have docker-registry || return 0 # the demo does without one
    local port
    for _ in 1 2 3; do
        port=$(free_port)
        remember registry_port "$port"
        cat >"$servers_home/registry.yml" <<YML
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: $servers_home/registry }, delete: { enabled: true } }
http: { addr: "127.0.0.1:$port" }
YML
        remember registry_pid "$(in_background "$servers_home/registry.log" docker-registry serve "$servers_home/registry.yml")"
        until_true 10 registry_answers && return
    done
    tail -n 20 "$servers_home/registry.log" >&2
    fail_with "the image registry did not answer" "127.0.0.1:$port" "the other servers keep running" "stopping" "read $servers_home/registry.log"
}

down_registry() {
    local pid
    pid=$(remembered registry_pid)
    is_running "$pid" docker-registry || return 0
    kill "$pid"
    until_true 10 test ! -d "/proc/$pid" || kill -9 "$pid"
    rm -rf "$servers_home/registry"
}

# A Docker engine: the one that answers, else our own dockerd in the background.

docker_socket=/var/run/docker.sock

docker_answers() { have docker && docker -H "unix://$docker_socket" info >/dev/null 2>&1; }

# join_engine COMMAND…: where an engine runs that root alone or a group may use, this very script again as the same user with that
# group besides. Nothing on the machine is changed for it, and it ends with the script.
join_engine() {
    { [ "$(id -u)" != 0 ] && [ -S "$docker_socket" ] && [ ! -w "$docker_socket" ] && [ -z "${SAFE_DEPLOY_JOINED:-}" ]; } || return 0
    { may_be_root && have setpriv && sudo -n -E true 2>/dev/null; } || return 0
    local groups
    groups="$(id -G | tr ' ' ','),$(stat -c %g "$docker_socket")"
    say "this user may not use $docker_socket: going on with its group"
    exec sudo -n -E setpriv --reuid "$(id -u)" --regid "$(id -g)" --groups "$groups" -- \
        env SAFE_DEPLOY_JOINED=1 "PATH=$PATH" "HOME=$HOME" "USER=$(id -un)" "LOGNAME=$(id -un)" "$root/build" "$@"
}

up_docker() {
    docker_answers && return
    if ! { may_be_root && have dockerd; }; then
        [ "${docker_is_optional:-}" != yes ] || return 0
        fail_with "no Docker engine answers on $docker_socket" "docker info" "nothing was started" \
        "stopping: dockerd needs root or sudo without a password" "sudo systemctl start docker, and add this user to the group docker"
    fi
    say "starting dockerd (log: $servers_home/dockerd.log)"
    # A stale pid file of a machine that was switched off keeps a new engine from starting.
    is_running "$(cat /var/run/docker.pid 2>/dev/null)" dockerd || as_root rm -f /var/run/docker.pid
    if [ "$(id -u)" = 0 ]; then
        in_background "$servers_home/dockerd.log" dockerd -H "unix://$docker_socket" >/dev/null
    else
        in_background "$servers_home/dockerd.log" sudo -n dockerd -H "unix://$docker_socket" --group "$(id -gn)" >/dev/null
    fi
    until_true 60 docker_answers || {
        tail -n 20 "$servers_home/dockerd.log" >&2
        fail_with "dockerd did not answer within 60 s" "$servers_home/dockerd.log" "no container was touched" "stopping" \
            "read the log; a kernel without overlay or iptables is the usual cause"
    }
    remember dockerd_pid "$(cat /var/run/docker.pid)"
}

# Debian's engine (20.10) can lock itself up when containers leave their networks (moby/moby#46661): from then on it says nothing
# about networks, and whoever asks waits. Where the engine is our own it is started again; the tests that it broke are asked again.
watch_docker() {
    local pid
    while pid=$(remembered dockerd_pid) && is_running "$pid" dockerd; do
        sleep 10 # between two looks
        # An engine that refuses is ending; one that is stuck lets the client wait.
        timeout 20 docker -H "unix://$docker_socket" network ls -q >/dev/null 2>&1 || [ $? != 124 ] || engine_again "$pid" || return 0
    done
}

# False where the engine has ended meanwhile: whoever ended it wants no other.
engine_again() {
    is_running "$1" dockerd || return 1
    say "dockerd ($1) has said nothing about its networks for 20 s: it is killed and started again"
    as_root kill -KILL "$1"
    until_true 10 test ! -d "/proc/$1" || return 1
    up_docker
}

down_docker() {
    local pid
    pid=$(remembered dockerd_pid)
    is_running "$pid" dockerd || return 0
    as_root kill "$pid" || return 0
    until_true 30 test ! -d "/proc/$pid" || say "dockerd ($pid) is still stopping"
}

# The host as containers on any bridge network reach it; the loopback address is their own there.
bridge_address() {
    docker -H "unix://$docker_socket" network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}' 2>/dev/null | grep . || echo 172.17.0.1
}

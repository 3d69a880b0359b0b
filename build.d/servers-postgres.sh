# A private PostgreSQL cluster. The server refuses to run as root, so root runs it as the user postgres.

server_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

as_postgres() {
    if [ "$(id -u)" = 0 ]; then runuser -u "$(server_user)" -- "$@"; else "$@"; fi
}

# Asked without psql, which the npm package does not have: the server's own word, then its port.
postgres_answers() {
    local data port
    data=$(remembered postgres_data)
    port=$(remembered postgres_port)
    [ -n "$data" ] && [ -n "$port" ] || return 1
    [ "$(as_postgres sed -n '8s/ *$//p' "$data/postmaster.pid" 2>/dev/null)" = ready ] && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

up_postgres() {
    postgres_answers && return
    local data
    data=$(remembered postgres_data)
    if [ -z "$data" ] || ! as_postgres test -f "$data/PG_VERSION"; then
        create_cluster
        data=$(remembered postgres_data)
    fi
    for _ in 1 2 3; do
        start_cluster "$data" && return
        remember postgres_port "$(free_port)"
    done
    tail -n 20 "$servers_home/postgres.log" >&2
    fail_with "PostgreSQL did not start" "$servers_home/postgres.log" "nothing else was started" "stopping" \
        "read the log, then ./build down and ./build up"
}

# The cluster lives in the checkout where the server's user can reach it, else in a directory of its own under /tmp.
cluster_directory() {
    local directory="$servers_home/postgres"
    rm -rf "$directory"
    mkdir -p "$directory"
    if [ "$(id -u)" = 0 ]; then
        chown "$(server_user)" "$directory"
        if ! as_postgres test -w "$directory"; then
            directory=$(mktemp -d /tmp/safe-deploy-postgres.XXXXXX)
            chown "$(server_user)" "$directory"
        fi
    fi
    echo "$directory"
}

create_cluster() {
    local home password socket
    home=$(cluster_directory)
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    # A socket's path may have 107 bytes at most, a checkout's path may be longer.
    socket=$(mktemp -d /tmp/safe-deploy-socket.XXXXXX)
    chmod 755 "$socket"
    [ "$(id -u)" != 0 ] || chown "$(server_user)" "$socket"
    printf '%s\n' "$password" | as_postgres tee "$home/password" >/dev/null
    as_postgres "$(postgres_bin)/initdb" -D "$home/data" -U sd_admin --pwfile="$home/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$servers_home/initdb.log" 2>&1 || {
        cat "$servers_home/initdb.log" >&2
        fail_with "initdb failed" "$home/data" "nothing else was started" "stopping" "read the message above"
    }
    # Containers come from the bridges' private networks, with the same password.
    as_postgres tee -a "$home/data/pg_hba.conf" >/dev/null <<'HBA'
host all all 172.16.0.0/12 scram-sha-256
host all all 192.168.0.0/16 scram-sha-256
HBA
    as_postgres tee -a "$home/data/postgresql.conf" >/dev/null <<CONF
unix_socket_directories = '$socket'
max_connections = 300
shared_buffers = 256MB
# Nothing here outlives the tests: durability is tested by killing processes, not by cutting the power.
fsync = off
log_min_messages = warning
log_line_prefix = '%m [%p] %a '
CONF
    remember postgres_data "$home/data"
    remember postgres_socket "$socket"
    remember postgres_password "$password"
    remember postgres_port "$(free_port)"
}

start_cluster() {
    local data=$1 addresses=127.0.0.1
    ! docker_answers || addresses="127.0.0.1,$(bridge_address)"
    as_postgres "$(postgres_bin)/pg_ctl" -D "$data" -w -t 60 -s -l "${data%/data}/postgres.log" \
        -o "-p $(remembered postgres_port) -c listen_addresses='$addresses'" start </dev/null >/dev/null 2>&1 9>&- || true
    cp "${data%/data}/postgres.log" "$servers_home/postgres.log" 2>/dev/null || true
    until_true 10 postgres_answers
}

down_postgres() {
    local data socket
    data=$(remembered postgres_data)
    socket=$(remembered postgres_socket)
    [ -n "$data" ] || return 0
    if as_postgres test -f "$data/postmaster.pid"; then
        as_postgres "$(postgres_bin)/pg_ctl" -D "$data" -m immediate -w -t 30 -s stop >/dev/null 2>&1 || say "PostgreSQL in $data did not stop"
    fi
    # Both were made by create_cluster under names of its own.
    rm -rf "${data%/data}"
    case $socket in /tmp/safe-deploy-socket.*) rm -rf "$socket" ;; esac
}

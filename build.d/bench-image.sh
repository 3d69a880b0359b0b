# The action's image as it is released, from the real Dockerfile: its size, and the time from the container's start to the first line
# of the step. Both times are the engine's own clock, so what the client of Docker takes is no part of it.

bench_image_name=safe-deploy-bench/action:local

# bench_image [TURNS]
bench_image() {
    local turns=${1:-9} client all started=$SECONDS
    setup servers
    up_docker
    action_bases
    docker build -q --label safe-deploy.test=1 -t "$bench_image_name" . >"$artifacts/bench-image.log" 2>&1 ||
        fail_with "the image could not be built" "$artifacts/bench-image.log" "images made before stay" "stopping" "docker build ."
    say "built in $((SECONDS - started)) s from $(docker image inspect debian:bookworm-slim --format '{{.Size}}' | megabytes) MB of Debian"
    all=$(docker image inspect "$bench_image_name" --format '{{.Size}}')
    # Its programs, and the packages that only they need.
    client=$(docker history --human=false --no-trunc --format '{{.Size}} {{.CreatedBy}}' "$bench_image_name" |
        awk '/ in \/usr *$/ || / in \/packages *$/ || /libpq5_/ { sum += $1 } END { print sum + 0 }')
    say "image: $(megabytes <<<"$all") MB, without the database client $(megabytes <<<"$((all - client))") MB (limit 120)"
    say "$(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg)"
    # A configuration without a database that answers: the step begins, says so, and ends.
    first_lines "$turns" "preflight" -v "$root/action/examples/database-only:/github/workspace:ro" -e DATABASE_URL=postgres://nobody@127.0.0.1:1/nothing -- action preflight
    [ $((all - client)) -lt 120000000 ] || fail_with "the image is larger than 120 MB" "$bench_image_name" "nothing else" "stopping" "docker history $bench_image_name"
}

megabytes() { awk '{ printf "%.1f", $1 / 1000000 }'; }

# first_lines TURNS WHAT OPTIONS… -- ARGUMENTS…: medians of the first line at all and of the first that is no command to the runner.
first_lines() {
    local turns=$1 what=$2 options=() any=() step=() i id started
    shift 2
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    for ((i = 0; i < turns; i++)); do
        id=$(docker create --label safe-deploy.test=1 --workdir /github/workspace -e GITHUB_ACTIONS=true -e INPUT_JOB-STATUS=success "${options[@]}" "$bench_image_name" "$@")
        docker start "$id" >/dev/null
        docker wait "$id" >/dev/null
        started=$(nanoseconds "$(docker inspect "$id" --format '{{.State.StartedAt}}')")
        docker logs --timestamps "$id" >"$artifacts/bench-image.lines" 2>&1
        docker rm "$id" >/dev/null
        any+=($((($(nanoseconds "$(head -n 1 "$artifacts/bench-image.lines" | cut -d ' ' -f 1)") - started) / 1000000)))
        step+=($((($(nanoseconds "$(grep -m 1 -v '^[^ ]* ::' "$artifacts/bench-image.lines" | cut -d ' ' -f 1)") - started) / 1000000)))
    done
    say "$what: from the container's start to its first line $(median "${any[@]}") ms, to the first line of the step $(median "${step[@]}") ms (medians of $turns; limit 500)"
}

nanoseconds() { date -d "$1" +%s%N; }

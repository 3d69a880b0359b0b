# `plan --files` beside squawk from npm, turn by turn in the same run: a machine's load then meets both.

# bench_plan [FOLDER] [TURNS]: without a folder, files are put together from the recorded statements.
bench_plan() {
    local work="$artifacts/bench" folder=${1:-} turns=${2:-5} squawk
    [ -x "$artifacts/cli/safe-deploy" ] || cli
    mkdir -p "$work"
    [ -d "$work/node_modules/squawk-cli" ] || (cd "$work" && npm install --no-audit --no-fund squawk-cli >/dev/null)
    # The binary itself: what starts node is no part of the comparison.
    squawk=$(find "$work/node_modules/@squawk-cli" -type f -name 'squawk*' -perm -u+x | head -n 1)
    [ -n "$folder" ] || { folder="$work/migrations"; put_together "$folder" 4846; }
    local all=("$folder"/*.sql)
    say "$("$squawk" --version), ${#all[@]} files, $(du -cb "${all[@]}" | tail -n 1 | cut -f 1) bytes, $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg)"
    compare "$turns" "all files"
    all=("${all[0]}")
    compare "$turns" "one file"
}

# put_together FOLDER FILES: half of a file makes tables, half changes them; as long as files of real projects are (about 1 KiB).
put_together() {
    [ ! -d "$1" ] || return 0
    mkdir -p "$1"
    awk -v folder="$1" -v files="$2" '
        !/;[ \t]*$/ || /\$\$/ { next }
        FILENAME ~ /fixture/ && /^create/ { made[m++] = $0; next }
        FILENAME ~ /statements/ { change[n++] = $0 }
        END {
            for (f = 0; f < files; f++) {
                name = sprintf("%s/%06d_change.sql", folder, f)
                for (i = 0; i < 4; i++) print made[(f * 5 + i * 11) % m] > name
                for (i = 0; i < 4; i++) print change[(f * 7 + i * 31) % n] > name
                close(name)
            }
        }' tests/SafeDeploy.DatabaseTests/Risk/LockClaims/*/fixture.sql tests/SafeDeploy.DatabaseTests/Risk/LockClaims/*/statements.sql
}

# compare TURNS WHAT: the files in "all".
compare() {
    local ours=() theirs=() i
    for ((i = 0; i < $1; i++)); do
        ours+=("$(milliseconds "$artifacts/cli/safe-deploy" plan --files "${all[@]}" --independent --output json)")
        theirs+=("$(milliseconds "$squawk" --reporter Json "${all[@]}")")
    done
    say "$2: safe-deploy $(median "${ours[@]}") ms, squawk $(median "${theirs[@]}") ms, ratio $(awk "BEGIN { printf \"%.2f\", $(median "${ours[@]}") / $(median "${theirs[@]}") }") (medians of $1)"
}

# Both end with 0, or with their own code for findings (safe-deploy 3, squawk 1); a program that broke is no measurement.
milliseconds() {
    local started ended code=0
    started=$(date +%s%N)
    "$@" >"$artifacts/bench/output" 2>"$artifacts/bench/errors" || code=$?
    ended=$(date +%s%N)
    case $(basename "$1"):$code in
        *:0 | safe-deploy:3 | squawk*:1) ;;
        *) fail_with "$(basename "$1") ended with exit code $code" "$artifacts/bench/errors" "nothing was compared" "stopping" "read that file" ;;
    esac
    echo $(((ended - started) / 1000000))
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

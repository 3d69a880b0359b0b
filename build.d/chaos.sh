# Kill −9 and worse at random moments, then recover (docs/contributing/chaos.md). What was injected and found goes to stdout as it happens.

chaos() {
    local kills=200 seed='' report="$artifacts/chaos.txt" exit_code=0 reader
    while [ $# -gt 0 ]; do
        case $1 in
            --kills) kills=${2:?how many}; shift 2 ;;
            --seed) seed=${2:?which}; shift 2 ;;
            *) usage >&2; exit 64 ;;
        esac
    done
    borrow_servers
    compile Release tests/SafeDeploy.EndToEndTests/SafeDeploy.EndToEndTests.csproj
    cli
    sample_images
    : >"$report"
    tail -n +1 -f "$report" &
    reader=$!
    SAFE_DEPLOY_CHAOS_KILLS=$kills SAFE_DEPLOY_CHAOS_TENANTS=${SAFE_DEPLOY_CHAOS_TENANTS:-50} SAFE_DEPLOY_CHAOS_SEED=$seed \
        SAFE_DEPLOY_CHAOS_CONTAINERS=${SAFE_DEPLOY_CHAOS_CONTAINERS:-8} \
        SAFE_DEPLOY_CHAOS_REPORT=$report SAFE_DEPLOY_CHAOS_FAKETIME=$(faketime_library) \
        dotnet test tests/SafeDeploy.EndToEndTests/SafeDeploy.EndToEndTests.csproj -c Release --no-build --nologo -v q \
        --filter FullyQualifiedName~ChaosTests >"$artifacts/chaos.log" 2>&1 </dev/null || exit_code=$?
    kill "$reader"
    wait "$reader" 2>/dev/null || true
    return_servers
    [ "$exit_code" = 0 ] || say "chaos: something did not hold: $report, $artifacts/chaos.log"
    return "$exit_code"
}

# Where the library is that shows one process another clock; empty where it is not installed.
faketime_library() {
    local file
    for file in ${SAFE_DEPLOY_CHAOS_FAKETIME:-} /usr/lib/*/faketime/libfaketimeMT.so.1; do
        if [ -f "$file" ]; then echo "$file"; return; fi
    done
}

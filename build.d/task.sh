# The extension of Azure DevOps: the task with its program, as artifacts/task/*.vsix.

# A server of 2019 takes 25 MB, and old versions of tfx failed above 19: what is uploaded stays below both.
vsix_limit=$((19 * 1000 * 1000))

task() {
    local version home="$artifacts/task" log="$artifacts/task.log"
    setup program
    node_tools
    rm -rf "$home"
    mkdir -p "$home/extension"
    cp -r azdo-task/. "$home/extension/"
    cp LICENSE "$home/extension/"
    rm -rf "$home/extension/node_modules" "$home/extension/task/node_modules"
    task_program "$home/extension/task/bin/linux-x64" "$log"
    say "installing what the shim stands on (npm ci)"
    npm ci --prefix "$home/extension/task" --omit=dev --ignore-scripts --no-audit --no-fund >>"$log" 2>&1 </dev/null ||
        fail_with "the shim's packages could not be installed" "$log" "nothing was packed" "stopping" "read the log; npm ci in azdo-task/task"
    task_facts "$home/extension/task"
    version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' azdo-task/vss-extension.json)
    "$artifacts/tfx/node_modules/.bin/tfx" extension create --root "$home/extension" --manifest-globs vss-extension.json \
        --output-path "$home/safe-deploy-$version.vsix" --no-prompt >>"$log" 2>&1 </dev/null ||
        fail_with "tfx did not pack the extension" "$log" "nothing was published" "stopping" "read the log"
    task_fits "$home/safe-deploy-$version.vsix"
}

# tfx, from the lock file; a development tool, nothing of it is shipped.
node_tools() {
    local home="$artifacts/tfx" log="$artifacts/tfx.log"
    have npm || install_packages npm
    have readelf || install_packages binutils
    mkdir -p "$home"
    cp azdo-task/package.json azdo-task/package-lock.json "$home/"
    [ "$home/.made" -nt azdo-task/package-lock.json ] && return 0
    say "installing tfx (npm ci)"
    npm ci --prefix "$home" --no-audit --no-fund --ignore-scripts >"$log" 2>&1 </dev/null || fail_with \
        "tfx could not be installed" "$log" "nothing else was changed" "stopping" "read the log; npm ci in azdo-task"
    touch "$home/.made"
}

# task_program FOLDER LOG: a release takes the image's program: what it was linked on decides which glibc the agents need.
task_program() {
    if [ -n "${SAFE_DEPLOY_PROGRAM_FROM:-}" ]; then
        mkdir -p "$1"
        cp "$SAFE_DEPLOY_PROGRAM_FROM"/{safe-deploy,*.so} "$1/"
        return
    fi
    say "publishing the task's program"
    native_program "$1" "$2"
    cp "$(libpg_query)" "$1/libpg_query.so"
}

# What the shim says about the program before it starts it.
task_facts() {
    local program="$1/bin/linux-x64" version
    version=$(sed -n 's/.*<Version>\(.*\)<.*/\1/p' Directory.Build.props)
    printf '{ "version": "%s", "glibc": "%s", "sha256": "%s", "image": "%s" }\n' "$version" "$(glibc_floor "$program")" \
        "$(sha256sum "$program/safe-deploy" | cut -d' ' -f1)" "${SAFE_DEPLOY_IMAGE:-ghcr.io/safe-deploy/migrate:v$version}" >"$1/program.json"
}

# glibc_floor FOLDER: the newest version of glibc that a file of it asks for.
glibc_floor() {
    local file
    for file in "$1"/*; do
        readelf --wide --dyn-syms "$file" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' || true
    done | sed 's/GLIBC_//' | sort -uV | tail -n 1
}

task_fits() {
    local size
    size=$(stat -c %s "$1")
    [ "$size" -lt "$vsix_limit" ] || fail_with "the extension has $size bytes, at most $vsix_limit are allowed" "$1" "nothing was published" "stopping" "find what has grown: unzip -lv $1"
    say "$(basename "$1"): $size bytes"
}

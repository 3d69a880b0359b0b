# Base images for tests and demo, made from programs of this machine: nothing is pulled.
# A label holds the hash of what an image was made from, so that a second call makes nothing.

export DOCKER_BUILDKIT=0 # the classic builder is everywhere; BuildKit needs a plugin

images() {
    image_of busybox "$(fingerprint "$(command -v busybox)")" root_busybox --change 'CMD ["/bin/sh"]'
    image_of haproxy "$(fingerprint "$(command -v haproxy)" "$(command -v socat)" "$(command -v busybox)")" root_haproxy \
        --change 'USER haproxy' --change 'WORKDIR /var/lib/haproxy' \
        --change 'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]'
    image_of dotnet "$(fingerprint "$(dotnet_home)/dotnet" "$(dotnet_shared Microsoft.NETCore.App)" "$(dotnet_shared Microsoft.AspNetCore.App)")" root_dotnet \
        --change 'ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_RUNNING_IN_CONTAINER=true DOTNET_NOLOGO=1 ASPNETCORE_HTTP_PORTS=8000' \
        --change 'WORKDIR /app'
    # The action in the scenarios of tests: what the Dockerfile's last stage holds, with artifacts/cli laid over it by the test.
    image_of action-base "$(fingerprint "$(dotnet_home)/dotnet" "$(dotnet_shared Microsoft.NETCore.App)" "$(postgres_bin)/pg_dump")" root_action \
        --change 'ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_RUNNING_IN_CONTAINER=true DOTNET_NOLOGO=1' \
        --change 'ENTRYPOINT ["/opt/safe-deploy/safe-deploy"]'
    action_bases
}

# The sample's releases, from this checkout's own backend. Always: layers that did not change cost nothing.
sample_images() {
    say "making the sample's releases"
    tests/samples/sql-files/images.sh >"$artifacts/sample-images.log" 2>&1 </dev/null || {
        tail -n 20 "$artifacts/sample-images.log" >&2
        fail_with "the sample's images could not be made" "$artifacts/sample-images.log" "images made before stay" "stopping" "tests/samples/sql-files/images.sh"
    }
}

# Changes when the recipe (this file) or one of the files and directories changes.
fingerprint() {
    { sha256sum <"$root/build.d/images.sh"; stat -L -c '%n %s %Y' "$@"; } | sha256sum | cut -c1-16
}

# image_of NAME HASH RECIPE CHANGES…: RECIPE fills the directory it is given.
image_of() {
    local name="safe-deploy-test/$1:local" hash=$2 recipe=$3 tree former
    shift 3
    [ "$(docker image inspect "$name" --format '{{index .Config.Labels "safe-deploy.test.made-from"}}' 2>/dev/null)" != "$hash" ] || return 0
    say "making the image $name"
    former=$(docker image inspect "$name" --format '{{.Id}}' 2>/dev/null || true)
    tree=$(mktemp -d "$artifacts/image.XXXXXX")
    skeleton "$tree"
    "$recipe" "$tree"
    chmod 755 "$tree"
    tar -C "$tree" --numeric-owner --owner=0 --group=0 -c . | docker import \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        --change "LABEL safe-deploy.test=1 safe-deploy.test.made-from=$hash" "$@" - "$name" >/dev/null || {
        rm -rf "$tree"
        fail_with "the image $name could not be made" "docker import" "images made before stay" "stopping" "read the engine's message above; docker info"
    }
    rm -rf "$tree"
    # The one it replaces has no name any more; images built on it keep it.
    [ -z "$former" ] || docker image rm "$former" >/dev/null 2>&1 || true
}

skeleton() {
    local directory
    mkdir -p "$1"/{etc,tmp,root,proc,sys,dev,run,var/run,var/lib,usr/bin,usr/sbin,usr/lib,usr/lib64}
    for directory in bin sbin lib lib64; do # merged-/usr, as the host has it
        if [ -L "/$directory" ]; then cp -P "/$directory" "$1/"; else mkdir -p "$1/$directory"; fi
    done
    chmod 1777 "$1/tmp"
    printf 'root:x:0:0:root:/root:/bin/sh\nhaproxy:x:99:99::/var/lib/haproxy:/bin/sh\napp:x:1654:1654::/app:/bin/sh\n' >"$1/etc/passwd"
    printf 'root:x:0:\nhaproxy:x:99:\napp:x:1654:\n' >"$1/etc/group"
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$1/etc/nsswitch.conf"
    root_busybox "$1"
}

root_busybox() {
    local applet
    cp "$(command -v busybox)" "$1/bin/busybox"
    for applet in $(busybox --list); do
        [ -e "$1/bin/$applet" ] || ln -s busybox "$1/bin/$applet"
    done
}

# with_libraries TREE FILE…: copies FILEs and every library the loader would map for them, under the same paths.
with_libraries() {
    local tree=$1 file
    shift
    { printf '%s\n' "$@"; ldd "$@" 2>/dev/null | grep -oE '/[^ :]+' ; } | sort -u | while read -r file; do
        [ -f "$file" ] || continue
        mkdir -p "$tree$(dirname "$file")"
        rm -f "$tree$file"
        cp -L "$file" "$tree$file"
    done
}

root_haproxy() {
    with_libraries "$1" "$(readlink -f "$(command -v haproxy)")" "$(readlink -f "$(command -v socat)")"
    mkdir -p "$1/usr/local/etc/haproxy" "$1/var/lib/haproxy"
    # The published image lets its own user write here too; the archive has no owners but root.
    chmod 1777 "$1/var/lib/haproxy" "$1/var/run" "$1/run"
}

# What dotnet says of itself: the program on the PATH may be a wrapper.
dotnet_home() { dotnet --list-runtimes | sed -n 's|^Microsoft\.NETCore\.App [^ ]* \[\(.*\)/shared/.*|\1|p' | tail -n 1; }

# The newest shared framework of the SDK's major.
dotnet_shared() {
    local major
    major=$(dotnet --version | cut -d. -f1)
    find "$(dotnet_home)/shared/$1" -mindepth 1 -maxdepth 1 -name "$major.*" | sort -V | tail -n 1
}

root_action() {
    local tool
    root_dotnet "$1"
    for tool in pg_dump pg_dumpall pg_restore psql; do
        with_libraries "$1" "$(postgres_bin)/$tool"
        ln -sf "$(postgres_bin)/$tool" "$1/usr/bin/$tool"
    done
    # Opened at run time by names of the libc configuration.
    with_libraries "$1" /usr/lib/*-linux-gnu/libnss_dns.so.2 /usr/lib/*-linux-gnu/libnss_files.so.2
}

root_dotnet() {
    local home framework core
    home=$(dotnet_home)
    core=$(dotnet_shared Microsoft.NETCore.App)
    mkdir -p "$1/usr/share/dotnet/host/fxr" "$1/app"
    cp "$home/dotnet" "$1/usr/share/dotnet/"
    cp -r "$home/host/fxr/$(basename "$core")" "$1/usr/share/dotnet/host/fxr/"
    for framework in "$core" "$(dotnet_shared Microsoft.AspNetCore.App)"; do
        mkdir -p "$1/usr/share/dotnet/shared/$(basename "$(dirname "$framework")")"
        cp -r "$framework" "$1/usr/share/dotnet/shared/$(basename "$(dirname "$framework")")/"
    done
    ln -s ../share/dotnet/dotnet "$1/usr/bin/dotnet"
    # TLS and hashing are opened by name at run time, so the loader does not list them.
    # shellcheck disable=SC2046 # paths of system libraries, which the runtime itself is linked with
    with_libraries "$1" "$home/dotnet" $(ldd "$core"/*.so | grep -oE '=> /[^ ]+' | cut -c4- | sort -u) /usr/lib/*-linux-gnu/libssl.so.3 /usr/lib/*-linux-gnu/libcrypto.so.3 /usr/lib/*-linux-gnu/libz.so.1 \
        /usr/lib/*-linux-gnu/libstdc++.so.6 /usr/lib/*-linux-gnu/libgcc_s.so.1
    mkdir -p "$1/etc/ssl/certs"
    cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/" 2>/dev/null || true
}

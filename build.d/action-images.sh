# The bases that the product's Dockerfile starts FROM, made on this machine where they cannot be pulled: tests build the real Dockerfile.

sdk_image=mcr.microsoft.com/dotnet/sdk:10.0
debian_image=debian:bookworm-slim

action_bases() {
    have_image "$debian_image" || debian_base
    have_image "$sdk_image" && [ "$(made_from "$sdk_image")" = "$(sdk_fingerprint)" ] || pulled_sdk || sdk_base
}

have_image() { docker image inspect "$1" >/dev/null 2>&1; }

made_from() { docker image inspect "$1" --format '{{index .Config.Labels "safe-deploy.test.made-from"}}' 2>/dev/null || true; }

# Somebody who pulled the published base keeps it.
pulled_sdk() { have_image "$sdk_image" && [ -z "$(made_from "$sdk_image")" ]; }

# The lock files by their content: another checkout of the same has them from another time.
sdk_fingerprint() { { fingerprint "$(dotnet_home)/sdk/$(dotnet --version)"; cat build.d/action-images.sh src/SafeDeploy.Cli/packages*.json; } | sha256sum | cut -c1-16; }

# Debian as debootstrap makes it, from the archive that this machine itself uses.
debian_base() {
    local tree archive log="$artifacts/debian-base.log"
    # One of the two places is there, not always both.
    archive=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
        sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)*\([^ ]*\).*/\2/p' | head -n 1)
    say "making the base $debian_image"
    tree=$(mktemp -d /tmp/safe-deploy-debian.XXXXXX)
    as_root debootstrap --variant=minbase bookworm "$tree" "${archive:-http://deb.debian.org/debian}" >"$log" 2>&1 || {
        as_root rm -rf "$tree"
        fail_with "the base $debian_image could not be made" "$log" "images made before stay" "stopping" "docker pull $debian_image"
    }
    as_root rm -rf "$tree"/usr/share/{doc,man,locale,info} "$tree"/var/cache/apt/archives "$tree"/var/lib/apt/lists
    as_root tar -C "$tree" -c . | docker import --change 'LABEL safe-deploy.test=1' --change 'CMD ["bash"]' - "$debian_image" >/dev/null
    as_root rm -rf "$tree"
}

# The SDK of this machine with the packages it has restored: a build inside needs no network.
sdk_base() {
    local tree home native
    say "making the base $sdk_image"
    home=$(dotnet_home)
    # Apart from this checkout's own restore, which must stay as it is. Both ways in which the Dockerfile publishes.
    for native in true false; do
        dotnet restore src/SafeDeploy.Cli --runtime linux-x64 --locked-mode -p:PublishAot=$native -p:SelfContained=true -p:ArtifactsPath="$artifacts/sdk-base" \
            -v q -nologo >"$artifacts/sdk-base.log" 2>&1 </dev/null ||
            fail_with "the packages of $sdk_image could not be restored" "$artifacts/sdk-base.log" "images made before stay" "stopping" \
                "dotnet restore src/SafeDeploy.Cli --runtime linux-x64 --locked-mode -p:PublishAot=$native"
    done
    rm -rf "$artifacts/sdk-base"
    tree=$(mktemp -d "$artifacts/image.XXXXXX")
    skeleton "$tree"
    root_dotnet "$tree"
    mkdir -p "$tree/usr/share/dotnet/sdk" "$tree/usr/share/dotnet/packages"
    tar -C "$home" -c --exclude='FSharp' --exclude='DotnetTools' --exclude='*.resources.dll' "sdk/$(dotnet --version)" sdk-manifests | tar -C "$tree/usr/share/dotnet" -x
    tar -C "$home" -c packs | tar -C "$tree/usr/share/dotnet" -x
    nuget_packages | tar -C "$HOME/.nuget/packages" -c -T - | tar -C "$tree/usr/share/dotnet/packages" -x
    tar -C "$tree" --numeric-owner --owner=0 --group=0 -c . | docker import \
        --change "LABEL safe-deploy.test=1 safe-deploy.test.made-from=$(sdk_fingerprint)" - "$sdk_image" >/dev/null
    rm -rf "$tree"
}

# What the program's own lock files name, and what publishing adds: the runtime, as files and as a library to link.
nuget_packages() {
    local name
    for name in $(sed -n 's/^ *"\([A-Za-z][A-Za-z0-9._-]*\)": {$/\1/p' src/*/packages*.json | sort -u) \
        Microsoft.NETCore.App.Runtime.linux-x64 Microsoft.AspNetCore.App.Runtime.linux-x64 Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64; do
        name=${name,,}
        [ -d "$HOME/.nuget/packages/$name" ] && echo "$name"
    done
}

#!/bin/sh
# Publishes the backend and builds the sample's images: safe-deploy-sample/backend:TAG for every tag of images.txt.
# Usage: images.sh [OUTPUT]   OUTPUT: where the backend is published, default artifacts/sample-backend
#   --publish-only            as first argument: no images, for the target command
# Tags like v2-hangs are release v2 as it should not be; each is also tagged without "v2-".
# Needs a Docker engine and the base image BASE (default safe-deploy-test/dotnet:local, made by ./build up).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
publish_only=no
if [ "${1:-}" = --publish-only ]; then
    publish_only=yes
    shift
fi
output=${1:-$root/artifacts/sample-backend}
base=${BASE:-safe-deploy-test/dotnet:local}
repository=safe-deploy-sample/backend

# Compiled ahead of time: a container that lives for seconds spends a third less of the processor.
dotnet publish "$here/backend" -c Release -r linux-x64 --self-contained false -o "$output" -v q -nologo \
    -p:PublishReadyToRun=true -p:PublishDocumentationFiles=false >&2
[ "$publish_only" = no ] || exit 0

docker image inspect "$base" >/dev/null 2>&1 || {
    echo "images.sh: the base image $base is missing: run ./build up first, or set BASE" >&2
    exit 1
}

# image TAG VERSION BEHAVIOUR: the revision stands for the commit that a real pipeline would write.
image() {
    revision=$(printf '%s' "$1" | sha256sum | cut -c1-40)
    DOCKER_BUILDKIT=0 docker build -q -f "$here/Dockerfile" -t "$repository:$1" \
        --build-arg "BASE=$base" --build-arg "VERSION=$2" --build-arg "BEHAVIOUR=$3" --build-arg "REVISION=$revision" \
        "$output" </dev/null >/dev/null 2>"$output.log" || {
        cat "$output.log" >&2
        exit 1
    }
    case $1 in v2-*) docker tag "$repository:$1" "$repository:${1#v2-}" ;; esac
    echo "$repository:$1"
}

grep -v '^#' "$here/images.txt" | while read -r tag version behaviour; do
    image "$tag" "$version" "$behaviour"
done

#!/bin/sh
# Builds the sample's images safe-deploy-sample/backend:<tag> from the published backend.
# Usage: images.sh [OUTPUT]   OUTPUT: where the backend is (or will be) published, default artifacts/sample-backend
#   v1 … v6                   the releases of README.md
#   v2-exits v2-hangs v2-not-ready v2-lies v2-errors-inside v2-bad-after-switch
#                             release v2 as it should not be; also tagged without "v2-"
# Needs a Docker engine and the base image BASE (default safe-deploy-test/dotnet:local, made by ./build up).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
output=${1:-$root/artifacts/sample-backend}
base=${BASE:-safe-deploy-test/dotnet:local}
repository=safe-deploy-sample/backend

docker image inspect "$base" >/dev/null 2>&1 || {
    echo "images.sh: the base image $base is missing: run ./build up first, or set BASE" >&2
    exit 1
}

dotnet publish "$here/backend" -c Release -o "$output" -v q -nologo -p:PublishDocumentationFiles=false >&2

# image TAG VERSION BEHAVIOUR: the revision stands for the commit that a real pipeline would write.
image() {
    revision=$(printf '%s' "$1" | sha256sum | cut -c1-40)
    docker build -q -f "$here/Dockerfile" -t "$repository:$1" \
        --build-arg "BASE=$base" --build-arg "VERSION=$2" --build-arg "BEHAVIOUR=$3" --build-arg "REVISION=$revision" \
        "$output" >/dev/null 2>"$output.log" || { cat "$output.log" >&2; exit 1; }
    echo "$repository:$1"
}

export DOCKER_BUILDKIT=0
image v1 v1 good
image v2 v2 good
image v3 v3 errors-inside
image v4 v4 good
image v5 v5 bad-after-switch
image v6 v6 bad-after-switch
for behaviour in exits hangs not-ready lies-about-version errors-inside bad-after-switch; do
    tag=${behaviour%-about-version}
    image "v2-$tag" v2 "$behaviour"
    docker tag "$repository:v2-$tag" "$repository:$tag"
done

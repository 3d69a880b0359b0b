# The component as a project of its own, ready to be pushed to GitLab: templates/ at its root, where GitLab looks for it.

# gitlab [IMAGE]: the image that its jobs run in, for a release by digest; without it as the template says.
gitlab() {
    local next="$artifacts/gitlab.next" template=templates/migrate/template.yml
    [ $# -le 1 ] || { usage >&2; exit 64; }
    [[ ${1:-} =~ ^[A-Za-z0-9./:@_-]*$ ]] || fail_with \
        "\"$1\" is no reference of an image" "argument of ./build gitlab" "artifacts/gitlab is as it was" "stopping" "name it as docker pull does, e.g. ghcr.io/safe-deploy/migrate@sha256:…"
    rm -rf "$next"
    mkdir -p "$next/templates/migrate"
    cp gitlab/README.md gitlab/.gitlab-ci.yml LICENSE "$next/"
    cp gitlab/$template "$next/$template"
    if [ -n "${1:-}" ]; then
        sed -i "s#ghcr\.io/safe-deploy/migrate:v[^' \`]*#$1#" "$next/$template" "$next/README.md"
        grep -qF "default: '$1'" "$next/$template" || fail_with \
            "the image was not found in the template" "gitlab/$template" "artifacts/gitlab is as it was" "stopping" "write the template anew: ./build docs"
    fi
    rm -rf "$artifacts/gitlab"
    mv "$next" "$artifacts/gitlab"
    say "artifacts/gitlab: the component's project, ready to be pushed"
}

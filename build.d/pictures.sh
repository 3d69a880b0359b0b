# The pictures of the docs, made from the product's own output: the chain of the tests is played, and what people read of it is rendered.

pictures() {
    local work="$artifacts/pictures"
    rm -rf "$work"
    mkdir -p "$work" docs/images
    have chromium && have npm && fc-list 2>/dev/null | grep -qi emoji || install_packages "chromium npm fonts-noto-color-emoji fontconfig"
    SAFE_DEPLOY_PICTURES="$work" test_one tests/SafeDeploy.EndToEndTests/SafeDeploy.EndToEndTests.csproj --filter FullyQualifiedName~ChainTests >&2
    render_pictures "$work"
}

# render_pictures FOLDER: each NAME.md becomes docs/images/NAME.png.
render_pictures() {
    local file name
    npm install --prefix "$1" --no-audit --no-fund --no-save --ignore-scripts markdown-it@14.1.0 >"$1/npm.log" 2>&1 </dev/null ||
        fail_with "the renderer of Markdown could not be installed" "$1/npm.log" "docs/images is as it was" "stopping" "read the log"
    for file in "$1"/*.md; do
        name=$(basename "$file" .md)
        NODE_PATH="$1/node_modules" node "$root/build.d/pictures.cjs" "$file" >"$1/$name.html"
        photograph "$1/$name.html" "$root/docs/images/$name.png"
        say "docs/images/$name.png: $(stat -c %s "$root/docs/images/$name.png") bytes"
    done
}

# photograph PAGE PICTURE: as high as the page is, which the page itself says in its title.
photograph() {
    local browser=(chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$artifacts/pictures/browser") height
    height=$("${browser[@]}" --window-size=1100,400 --virtual-time-budget=2000 --dump-dom "file://$1" 2>/dev/null | sed -n 's/.*<title>\([0-9]*\)<.*/\1/p')
    [ -n "$height" ] || fail_with "the page did not say how high it is" "$1" "$2 is as it was" "stopping" "open the page in a browser"
    "${browser[@]}" --window-size="1100,$height" --force-device-scale-factor=1.25 --screenshot="$2" "file://$1" >/dev/null 2>&1
}

#!/bin/sh
# Put into node_modules what the page and the HTML deck bundle, from npm, as package-lock.json names it.
#   scripts/setup_node.sh [test]
# With `test` also what the tests look at the page with: axe-core, and the browser Chromium.
# Nothing is installed again before package-lock.json changes. Exit code 2: the sentence says what to do.
set -eu
cd "$(dirname "$0")/.."

layer=${1:-page}
say() { printf 'setup: %s\n' "$*"; }
give_up() {
    printf 'setup: %s\n' "$*" >&2
    exit 2
}

case $layer in
page) omit=--omit=dev stamps=page ;;
test) omit=--include=dev stamps='page test' ;;
*) give_up "there is no layer '$layer'; there are page and test." ;;
esac

find_browser() {
    for browser in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
        ! command -v "$browser" >/dev/null || return 0
    done
    return 1
}

install_browser() {
    ! find_browser || return 0
    advice='install Chromium or Chrome, or name one: CHROMIUM=/path/to/chrome'
    command -v apt-get >/dev/null || give_up "the tests of the page need a browser; $advice."
    if [ "$(id -u)" = 0 ]; then
        as_root=''
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        give_up "the tests of the page need a browser; run: sudo apt-get install --yes chromium"
    fi
    say 'installing with apt, a minute or two: chromium'
    $as_root apt-get update -qq || true # an old package list may do; if not, the next step says so
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends chromium >/dev/null ||
        give_up "apt failed; $advice."
}

[ "$layer" = page ] || install_browser

wanted=$(cat package.json package-lock.json | cksum)
is_ready() {
    for stamp in $stamps; do
        [ "$(cat "node_modules/.layer-$stamp" 2>/dev/null)" = "$wanted" ] || return 1
    done
}
! is_ready || exit 0

command -v npm >/dev/null || give_up 'npm is missing, which brings the charts of the page and reveal.js of the HTML deck; install Node.js of 20 or newer with npm. Without it there are: make figures, weightreel export, and decks as PowerPoint and PDF.'

# One installation at a time: `make -j` may ask for the page and the deck together.
lock=node_modules.lock
until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null || echo)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
        rm -rf "$lock" # its process was killed
    else
        say "waiting for another installation (process ${holder:-unknown}); if there is none, remove $lock"
        sleep 2
    fi
done
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
echo $$ >"$lock/pid"
! is_ready || exit 0

say 'installing into node_modules with npm, some seconds'
npm ci "$omit" --loglevel=error >/dev/null ||
    give_up "npm failed; without a network it cannot work, else this shows why: npm ci $omit"
for stamp in $stamps; do
    echo "$wanted" >"node_modules/.layer-$stamp"
done
say 'node_modules is ready'

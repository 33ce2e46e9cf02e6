#!/bin/sh
# Make .venv ready for a layer: films (no torch), slides (films and decks), voice (films that speak), analysis (films and torch), test (everything).
#   scripts/setup.sh films|slides|voice|analysis|test
# A layer is installed again only when pyproject.toml or constraints.txt changed. Exit code 2: the sentence says what to do.
set -eu
cd "$(dirname "$0")/.."

layer=${1:-films}
venv=.venv

say() { printf 'setup: %s\n' "$*"; }
give_up() {
    printf 'setup: %s\n' "$*" >&2
    exit 2
}

case $layer in
films) extras='' stamps='films' note='Manim and what the films need, about 2 minutes' ;;
slides) extras='[slides]' stamps='films slides' note='what makes decks of films' ;;
voice) extras='[voice]' stamps='films voice' note='what speaks the captions' ;;
analysis) extras='[analysis]' stamps='films analysis' note='PyTorch and what the analysis needs, up to 6 GB' ;;
test) extras='[analysis,slides,test]' stamps='films slides analysis test' note='PyTorch and the tools of the tests, up to 6 GB' ;;
*) give_up "there is no layer '$layer'; there are films, slides, voice, analysis and test." ;;
esac

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || give_up "PYTHON=$PYTHON is not there; name a Python of 3.11 or newer."
        is_new_enough "$PYTHON" || give_up "PYTHON=$PYTHON is older than 3.11; name a newer one."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    give_up 'no Python of 3.11 or newer was found; install one, or name it: make PYTHON=/path/to/python3.12.'
}

# What pip cannot bring: pycairo and ManimPango compile against cairo, Pango, a C compiler's and Python's headers.
# Asked for by what is there, not by package names, so that nothing is installed twice.
missing_packages() {
    version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
    command -v cc >/dev/null || command -v gcc >/dev/null || printf '%s ' "$for_compiler"
    if ! command -v pkg-config >/dev/null; then
        printf '%s ' pkg-config $for_libraries
    elif ! pkg-config --exists cairo pangocairo; then
        printf '%s ' $for_libraries
    fi
    # A Python from elsewhere brings its own headers and venv; only the distribution splits them off.
    [ -f "$headers" ] || printf '%s ' "$version-dev"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || printf '%s ' "$version-venv"
}

install_system_packages() {
    case $(uname -s) in
    Darwin)
        for_compiler='' for_libraries='cairo pango'
        command -v cc >/dev/null || give_up 'a C compiler is missing; run: xcode-select --install'
        ;;
    *) for_compiler='gcc libc6-dev' for_libraries='libcairo2-dev libpango1.0-dev' ;;
    esac
    packages=$(missing_packages)
    packages=${packages% }
    [ -n "$packages" ] || return 0

    if [ "$(uname -s)" = Darwin ]; then
        command -v brew >/dev/null || give_up "$packages are missing; install Homebrew, then run: brew install $packages"
        say "installing with Homebrew: $packages"
        brew install $packages || give_up "Homebrew failed; run: brew install $packages"
        return
    fi
    command -v apt-get >/dev/null || give_up "these are missing, by their Debian names: $packages. Install them and run make again."
    if [ "$(id -u)" = 0 ]; then
        as_root=''
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        give_up "system packages are missing; run: sudo apt-get install --yes $packages"
    fi
    say "installing with apt, a minute or two: $packages"
    $as_root apt-get update -qq || true # an old package list may do; if not, the next step says so
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends $packages >/dev/null ||
        give_up "apt failed; run: sudo apt-get install --yes $packages"
}

# The folder counts too: an editable installation points into it.
hash_of_inputs() { (pwd && cat pyproject.toml constraints.txt) | cksum; }

is_ready() {
    for stamp in $stamps; do
        [ "$(cat "$venv/.layer-$stamp" 2>/dev/null)" = "$wanted" ] || return 1
    done
    "$venv/bin/python" -c '' 2>/dev/null
}

wanted=$(hash_of_inputs)
! is_ready || exit 0

# One installation at a time: `make` in two terminals must not write into one .venv together.
lock=$venv.lock
until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null || echo)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
        rm -rf "$lock" # its process was killed
    else
        say "waiting for another installation (process ${holder:-unknown}); if there is none, remove $lock"
        sleep 5
    fi
done
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
echo $$ >"$lock/pid"
! is_ready || exit 0

python=$(find_python)
install_system_packages
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    say "making $venv with $("$python" --version)"
    "$python" -m venv "$venv"
fi
say "installing into $venv: $note"
"$venv/bin/python" -m pip install --quiet --quiet --no-input --disable-pip-version-check \
    --constraint constraints.txt --editable ".$extras" ||
    give_up "pip failed; without a network it cannot work, else this shows why: $venv/bin/python -m pip install -c constraints.txt -e '.$extras'"
for stamp in $stamps; do
    echo "$wanted" >"$venv/.layer-$stamp"
done
say "$venv is ready for $layer"

#!/bin/sh
# Bring the catalogues up to date with what the sources say, by Babel's pybabel; then translate the rest.
#   scripts/catalogues.sh [--check]    with --check nothing is written: exit code 1 says that something would be
#   scripts/catalogues.sh --new CODE   begin a language, such as fr, with nothing translated yet
# Sentences are the arguments of phrase, phrase_n and noted, and of the page's said and marked. The translations of
# en.po stay empty; a language keeps what it has, and loses what is no longer said. Whether it is complete or partial,
# a line of the comment at its top says, which stays as it is.
set -eu
cd "$(dirname "$0")/.."

pybabel=${PYBABEL:-.venv/bin/pybabel}
folder=analysis/findings/words/languages
new=
if [ "${1:-}" = --new ]; then
    new=${2:-}
    [ -n "$new" ] || { echo 'catalogues: name the language, as in: scripts/catalogues.sh --new fr' >&2; exit 2; }
    [ ! -e "$folder/$new.po" ] || { echo "catalogues: $folder/$new.po is there already; translate it." >&2; exit 2; }
fi
template=$(mktemp)
trap 'rm -f "$template"' EXIT
$pybabel --quiet extract --mapping pyproject.toml --no-default-keywords \
    -k phrase -k phrase_n:1,2 -k noted -k said -k marked \
    --add-location file --sort-by-file --width 120 --project Weightreel --version 0.1.0 \
    --output-file "$template" analysis page scenes
if [ -n "$new" ]; then
    $pybabel --quiet init --input-file "$template" --output-file "$folder/$new.po" --locale "$new" --width 120 2>/dev/null || {
        echo "catalogues: $new is no language that Babel knows; name one of: .venv/bin/pybabel --list-locales" >&2
        exit 2
    }
    cat >"$template" <<END
# What Weightreel says, in the language $new. Brought up to date by scripts/catalogues.sh; LICENSE holds for it too.
# Weightreel: partial
END
    awk 'begun || !/^#/ { begun = 1; print }' "$folder/$new.po" >>"$template"
    cp "$template" "$folder/$new.po"
    echo "catalogues: translate $folder/$new.po; once nothing is missing, let its second line say complete."
    exit 0
fi
for catalogue in "$folder"/*.po; do
    $pybabel --quiet update "$@" --input-file "$template" --output-file "$catalogue" \
        --locale "$(basename "$catalogue" .po)" \
        --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120
done

#!/bin/sh
# Bring the catalogues up to date with what the sources say, by Babel's pybabel; then translate the rest.
#   scripts/catalogues.sh [--check]    with --check nothing is written: exit code 1 says that something would be
# Sentences are the arguments of phrase, phrase_n and noted, and of the page's said and marked. The translations of
# en.po stay empty; a language keeps what it has, and loses what is no longer said.
set -eu
cd "$(dirname "$0")/.."

pybabel=${PYBABEL:-.venv/bin/pybabel}
template=$(mktemp)
trap 'rm -f "$template"' EXIT
$pybabel --quiet extract --mapping pyproject.toml --no-default-keywords \
    -k phrase -k phrase_n:1,2 -k noted -k said -k marked \
    --add-location file --sort-by-file --width 120 --project Weightreel --version 0.1.0 \
    --output-file "$template" analysis page scenes
for catalogue in analysis/findings/words/languages/*.po; do
    $pybabel --quiet update "$@" --input-file "$template" --output-file "$catalogue" \
        --locale "$(basename "$catalogue" .po)" \
        --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120
done

"""Tables and stills of noise, attacks, certificates and defences speak the language that is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.words.language import speaking
from weightreel.analysis.stills.certificates import certificate_figures
from weightreel.analysis.stills.noise import noise_figures
from weightreel.analysis.stills.perturbation import attack_figures
from weightreel.analysis.stills.swing import swing_figures
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.attacks import attack_caveats, attack_tables
from weightreel.analysis.tables.markdown import comparison, defences_markdown, seeds_markdown

DEVANAGARI = re.compile(r"[\u0900-\u097f]")
LATIN = re.compile(r"[A-Za-z]{3,}")
NAMES = re.compile(
    r"cnn|spectral|gaussian|pgd|fgsm|deepfool|autoattack|batchnorm|ece|conv1|fc|mcnemar|gaus\S*|-s0|trained|on|in|noise",
    re.IGNORECASE,
)
"""What stays in Latin letters: names of networks, attacks and quantities."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("hindi") / "s.h5"
    models = ("cnn", "spectral-cnn", "gaussian-cnn")
    return Store(synthetic_store(path, epochs=13, n_layers=2, models=models, trials=60, history_trials=30, sample=4))


def untranslated(texts: Iterator[str]) -> list[str]:
    """Those with Latin words that are no names, and without a word in Hindi."""
    return [text for text in texts if LATIN.search(NAMES.sub("", text)) and not DEVANAGARI.search(text)]


def test_english_would_be_noticed() -> None:
    assert untranslated(iter(("success rate (%)", "cnn-s0", "±1", "सफलता दर (%)"))) == ["success rate (%)"]


def test_tables_and_caveats(store: Store) -> None:
    with speaking("hi"):
        tables = list(attack_tables(store))
        assert len(tables) >= 5
        titles = [str(table.title) for table in tables]
        headers = [column for table in tables for column in table.columns]
        assert untranslated(iter((*titles, *headers, *attack_caveats(list(store.runs.values()))))) == []
        assert all(map(DEVANAGARI.search, titles))
        for table in (comparison, defences_markdown, seeds_markdown):
            assert untranslated(line.split("|")[1] for line in table(store).splitlines() if line.startswith("|")) == []
            assert DEVANAGARI.search(table(store))


def test_stills(store: Store) -> None:
    with speaking("hi"):
        found = [*noise_figures(store), *swing_figures(store), *attack_figures(store), *certificate_figures(store)]
        assert len(found) > 15
        for name, figure in found:
            texts = [figure.get_suptitle(), figure.get_supxlabel()]
            texts += [part for axes in figure.axes for part in (axes.get_xlabel(), axes.get_ylabel())]
            assert untranslated(filter(None, texts)) == [], name
            assert DEVANAGARI.search(figure.get_suptitle()), name

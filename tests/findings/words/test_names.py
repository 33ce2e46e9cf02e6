"""Names out of stores, and how films say them: those that are known are in the catalogues, others stay."""

from __future__ import annotations

from pathlib import Path

from tests.made.store import synthetic_store
from weightreel.analysis.findings.words.names import layer_in_words, shortened, titles_apart
from weightreel.analysis.store.reader import Store


def test_a_shortened_name_keeps_its_end() -> None:
    assert shortened("layer4.2.conv3", 8) == "…2.conv3"
    assert shortened("fc", 8) == "fc"


def test_titles_that_occur_twice_have_their_seeds(tmp_path: Path) -> None:
    path = synthetic_store(tmp_path / "s.h5", epochs=2, n_layers=1, models=("cnn",), seeds=(0, 3))
    with Store(path) as store:
        runs = list(store.runs.values())
        assert titles_apart(runs) == ["CNN, seed 0", "CNN, seed 3"]
        assert titles_apart(runs[:1]) == ["CNN"]


def test_layers_that_are_numbers_are_called_layers() -> None:
    assert layer_in_words("3") == "layer 3"
    assert layer_in_words("features.3") == "features.3"

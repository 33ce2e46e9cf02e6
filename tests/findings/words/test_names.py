"""Names out of stores, and how films say them: those that are known are in the catalogues, others stay."""

from __future__ import annotations

from pathlib import Path

from tests.made.store import synthetic_store
from weightreel.analysis.findings.words.names import layer_in_words, short_titles, shortened, titles_apart
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


def test_titles_are_cut_in_the_middle_or_where_they_stay_apart() -> None:
    assert short_titles(["CNN", "Spectral CNN"], 12) == ["CNN", "Spectral CNN"]
    assert short_titles(["A network that is bounded, seed 1", "A network that is bounded, seed 2"], 16) == [
        "A network…eed 1",
        "A network…eed 2",
    ]
    ends = short_titles(["Bounded in all its layers with noise", "Bounded in no layer at all, with noise"], 16)
    assert len(set(ends)) == 2 and all(len(title) <= 16 for title in ends)
    assert short_titles(["the same", "the same"], 5) == ["the…e", "the…e"]

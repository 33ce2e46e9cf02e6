"""What networks confuse: a confusion matrix over the epochs, and two of them beside each other."""

from __future__ import annotations

from pathlib import Path

from tests.made.store import synthetic_store
from weightreel.analysis.store.reader import Store
from weightreel.scenes.chapters.confusion import (
    other_network,
)


def test_the_network_beside_the_first_is_another_one(tmp_path: Path) -> None:
    models = ("cnn", "resnet", "spectral-cnn")
    with Store(synthetic_store(tmp_path / "s.h5", epochs=2, n_layers=2, models=models, seeds=(0, 1),
                               attacks=False)) as store:  # fmt: skip
        runs = list(store.runs.values())
        assert other_network(runs).model == "spectral-cnn"
        assert other_network(runs[2:4] + runs[:2]).model == "cnn"
        assert other_network(runs[:2]) is None

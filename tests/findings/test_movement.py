"""How far single biases go from where they started, by kind of layer."""

from __future__ import annotations

from pathlib import Path

from tests.made.store import synthetic_store
from weightreel.analysis.findings.movement import STILL, biases_of, movement_in_words
from weightreel.analysis.store.reader import Store


def test_biases_before_batchnorm_are_told_apart_from_those_that_move(small_store: Path) -> None:
    still, shifts, _ = biases_of(Store(small_store).runs["cnn-s0"])
    assert still.before_norm
    assert still.distance[-1] < STILL * shifts.distance[-1]
    assert still.threads.shape[0] == 11
    assert any("no gradient" in sentence for sentence in movement_in_words(still, shifts))


def test_the_reason_is_not_given_where_the_biases_move(tmp_path: Path) -> None:
    store = Store(synthetic_store(tmp_path / "s.h5", epochs=4, n_layers=2, batchnorm=False, models=("cnn",)))
    convolutions, linear = biases_of(store.runs["cnn-s0"])
    assert len(movement_in_words(convolutions, linear)) == 1

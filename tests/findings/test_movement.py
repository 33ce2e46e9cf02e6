"""How far single biases go from where they started, by kind of layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.movement import (
    STILL,
    before_norms,
    biases_of,
    movement_in_words,
    standing,
    telling_channel,
)
from weightreel.analysis.store.reader import Store

SHIPPED = Path(__file__).parents[2] / "data" / "cifar10.h5"


def test_biases_before_batchnorm_are_told_apart_from_those_that_move(small_store: Path) -> None:
    still, shifts, _ = biases_of(Store(small_store).runs["cnn-s0"])
    assert still.before_norm
    assert still.distance[-1] < STILL * shifts.distance[-1]
    assert still.threads.shape[0] == 11
    why, how_far = movement_in_words(still, shifts)
    assert "nothing to learn" in why
    assert "e−" not in how_far


def test_the_reason_is_not_given_where_the_biases_move(tmp_path: Path) -> None:
    store = Store(synthetic_store(tmp_path / "s.h5", epochs=4, n_layers=2, batchnorm=False, models=("cnn",)))
    convolutions, linear = biases_of(store.runs["cnn-s0"])
    assert len(movement_in_words(convolutions, linear)) == 1
    assert standing(store.runs["cnn-s0"]) is None
    assert telling_channel(store.runs["cnn-s0"]) is None
    assert before_norms(store.runs["cnn-s0"]) == []


def test_the_channel_shown_has_its_own_bias_and_shift() -> None:
    with Store(SHIPPED) as store:
        run = store.select()[0]
        channel, groups = telling_channel(run), standing(run)
        assert channel is not None
        assert groups is not None
        assert [group.kind for group in groups] == ["convolution", "batchnorm"]
        assert channel.layer == before_norms(run)[0] == "features.0"
        assert channel.bias == pytest.approx(float(run.layer("features.0")["bias/sample"][-1, channel.number]))
        assert channel.shift == pytest.approx(float(run.layer("features.1")["bias/sample"][-1, channel.number]))

"""Losses, accuracies and learning rates of runs, as arrays on common epochs and in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.learning_rate import falls_of
from weightreel.analysis.findings.training import comparison_in_words, learned_in_words, learning_in_words, on_epochs
from weightreel.analysis.findings.words.numbers import million
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ([2.3, 1.0, 1.4], "CNN: validation loss lowest at epoch 1, 1.00; at epoch 2 it is 1.40 (training 0.500)."),
        ([2.3, 1.4, 1.0], "CNN: the validation loss is lowest at the last epoch, 2: 1.00 (training 0.500)."),
        ([2.3], "CNN: validation loss 2.30 (training 2.00) at epoch 0."),
        ([np.nan, np.nan, np.nan], "CNN: training loss 2.00 at epoch 0, 0.500 at epoch 2."),
    ],
)
def test_until_when_a_network_got_better(validation: list[float], said: str, tmp_path: Path) -> None:
    n = len(validation)
    with Store(synthetic_store(tmp_path / "s.h5", epochs=n, n_layers=2, models=("cnn",))) as store:
        contents, path = store.contents(), store.select()[0].path
    losses = {"train": np.array([2.0, 1.0, 0.5][:n], np.float32), "validation": np.array(validation, np.float32)}
    for part, values in losses.items():
        contents.datasets[f"{path}/{part}/loss"] = values
    write(tmp_path / "losses.h5", contents)
    with Store(tmp_path / "losses.h5") as store:
        assert learning_in_words(store.select()[0], titled=True) == said


def test_one_seed_of_each_network_gives_no_conclusion(small_store: Path) -> None:
    told, base = comparison_in_words(list(Store(small_store).runs.values()))
    assert told.startswith("Test accuracy at epoch 10: CNN ")
    assert "no conclusion" in base


def test_a_run_that_lags_behind_has_gaps_on_common_epochs(small_store: Path) -> None:
    values = on_epochs(Store(small_store).runs["cnn-s0"], "train", "loss", np.arange(14))
    assert np.isnan(values[11:]).all()
    assert np.isfinite(values[:11]).all()


@pytest.mark.parametrize(
    ("accuracy", "ends"),
    [
        ([0.1, 0.6, 0.5], "until it was right more often."),
        ([0.4, 0.6, 0.4], "numbers, epoch after epoch."),
        ([np.nan] * 3, "numbers, epoch after epoch."),
    ],
)
def test_a_network_got_better_only_where_it_did(accuracy: list[float], ends: str, tmp_path: Path) -> None:
    with Store(synthetic_store(tmp_path / "s.h5", epochs=3, n_layers=2, models=("cnn",))) as store:
        contents, path = store.contents(), store.select()[0].path
    for part in ("train", "validation"):
        contents.datasets[f"{path}/{part}/accuracy"] = np.array(accuracy, np.float32)
    write(tmp_path / "accuracies.h5", contents)
    with Store(tmp_path / "accuracies.h5") as store:
        run = store.select()[0]
        said = learned_in_words(run)
        assert said.endswith(ends)
        assert million(int(run.attributes["n_parameters"])) in said


def test_falls_of_the_learning_rate_are_shares_of_what_it_was(tmp_path: Path) -> None:
    with Store(synthetic_store(tmp_path / "s.h5", epochs=5, n_layers=2, models=("cnn",))) as store:
        contents, path = store.contents(), store.select()[0].path
    contents.datasets[f"{path}/learning_rate"] = np.array([0.1, 0.1, 0.01, 0.01, 0.005], np.float32)
    write(tmp_path / "rates.h5", contents)
    with Store(tmp_path / "rates.h5") as store:
        fell = falls_of(store.select()[0])
    assert [epoch for epoch, _ in fell] == [1, 3]
    np.testing.assert_allclose([share for _, share in fell], [0.1, 0.5], rtol=1e-5)

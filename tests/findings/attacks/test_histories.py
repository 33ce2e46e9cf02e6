"""Histories of two networks in pairs: whose they are, how long they are, and what is paired."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.histories import Histories, histories, paired_test, standstill_in_words
from weightreel.analysis.findings.attacks.noise import success_history
from weightreel.analysis.findings.attacks.verdict import judged, verdict
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write


def test_the_initialisation_is_no_late_epoch() -> None:
    rates = np.arange(12.0).reshape(2, 1, 6) / 12
    assert Histories(("A", "B"), (0,), np.arange(6), rates, 9, np.ones(1)).last.shape == (2, 1, 5)
    alone = judged(Histories(("A", "B"), (0,), np.arange(1), rates[..., :1], 9, np.ones(1)))
    assert alone.mean == pytest.approx((0, 0.5))
    assert "at the only epoch" in alone.sentences[1]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both networks with three seeds, a dozen epochs, and a defence; noise alone, which is quickly written."""
    path = tmp_path_factory.mktemp("compare") / "seeds.h5"
    synthetic_store(
        path, epochs=12, n_layers=2, models=("cnn", "spectral-cnn", "pgd-cnn"), seeds=(0, 1, 2), sample=4,
        trials=60, history_trials=30, complete=False, attacks=True,
    )  # fmt: skip
    with Store(path) as store:
        found, names = store.contents(), [(run.name, list(run.attacks)) for run in store.runs.values()]
    for run, attacks in names:
        for gone in ("layers", *(f"attacks/{name}" for name in attacks if name != "uniform-noise")):
            found.drop(f"/runs/{run}/{gone}")
    write(path, found)
    return path


@pytest.fixture
def contents(seeds: Path) -> Contents:
    with Store(seeds) as store:
        return store.contents()


def test_histories_of_a_store(seeds: Path) -> None:
    with Store(seeds) as store:
        found = histories(list(store.runs.values()))
        assert found is not None
        assert found.titles == ("CNN", "Spectral CNN")
        assert found.seeds == (0, 1, 2)
        assert (found.rates.shape, found.trials) == ((2, 3, 12), 30)
        run = store.run("spectral-cnn-s1")
        assert found.rates[1, 1].tolist() == [rate.value for rate in success_history(run.attack("uniform-noise"))]
        assert found.paired[2] == paired_test(store.run("cnn-s2"), store.run("spectral-cnn-s2"))
        assert verdict(list(store.runs.values())) is not None
        other = histories(list(store.runs.values()), ("cnn", "pgd-cnn"))
        assert other is not None
        assert other.titles[1] == "CNN trained on PGD"


def test_nothing_is_no_success_and_pairs_without_a_partner_are_left_out(contents: Contents, tmp_path: Path) -> None:
    noise = "/runs/spectral-cnn-s0/attacks/uniform-noise"
    contents.datasets[f"{noise}/history/prediction"][:] = 10
    contents.describe("/runs/spectral-cnn-s0", defence=json.dumps({"nothing": 0.2}))
    contents.drop("/runs/cnn-s2/attacks")
    write(tmp_path / "some.h5", contents)
    with Store(tmp_path / "some.h5") as store:
        found = histories(list(store.runs.values()))
        assert found is not None
        assert found.seeds == (0, 1)
        assert (found.rates[1, 0] == 0).all()
        assert (found.rates[1, 1] > 0).any()
        assert verdict([store.run("cnn-s0")]) is None
        assert verdict([store.run("cnn-s0"), store.run("spectral-cnn-s1")]) is None, "no pair of one seed"


def test_other_noise_is_not_paired(contents: Contents, tmp_path: Path) -> None:
    contents.describe("/runs/cnn-s0/attacks/uniform-noise", seed=5)
    at = "/runs/cnn-s1/attacks/uniform-noise"
    for key in ("prediction", "confidence", "gallery"):
        contents.drop(f"{at}/{key}")
    write(tmp_path / "other.h5", contents)
    with Store(tmp_path / "other.h5") as store:
        found = histories(list(store.runs.values()))
    assert found is not None
    assert np.isnan(found.paired).tolist() == [True, True, False], "another seed; fewer trials; the same"


def test_trainings_of_other_lengths_are_compared_as_far_as_both_go(contents: Contents, tmp_path: Path) -> None:
    for key, values in contents.datasets.items():
        if key.startswith("/runs/cnn-s1/attacks/uniform-noise/") and values.ndim and len(values) == 12:
            contents.datasets[key] = values[:7]
    write(tmp_path / "short.h5", contents)
    with Store(tmp_path / "short.h5") as store:
        found = histories(list(store.runs.values()))
    assert found is not None
    assert found.rates.shape == (2, 3, 7)
    assert found.epochs.tolist() == list(range(7))


def test_trainings_that_had_stopped_show_no_stability(contents: Contents, tmp_path: Path) -> None:
    for name, last, said in (("stopped", 1e-6, True), ("going", 0.05, False)):
        for run in ("cnn-s0", "spectral-cnn-s0"):
            rate = contents.datasets[f"/runs/{run}/learning_rate"]
            rate[:] = last
            rate[0] = 0.1
        write(tmp_path / f"{name}.h5", contents)
        with Store(tmp_path / f"{name}.h5") as store:
            runs = [store.run("cnn-s0"), store.run("spectral-cnn-s0")]
            found = histories(runs)
            assert found is not None
            assert found.at_a_standstill == said
            assert ("no stability" in standstill_in_words(runs)) == said

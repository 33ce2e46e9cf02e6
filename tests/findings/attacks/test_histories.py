"""What is said of two networks' histories: no more than their seeds and epochs bear."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.histories import (
    Histories,
    Outcome,
    Verdict,
    histories,
    judged,
    paired_test,
    verdict,
)
from weightreel.analysis.findings.attacks.noise import success_history
from weightreel.analysis.findings.time import LAST_EPOCHS
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write


def made(first: object, second: object, epochs: int = 20, paired: object = None) -> Verdict:
    """Of histories that stand at one rate a seed from the second half on."""
    rates = np.stack([np.asarray(first, float), np.asarray(second, float)])  # (2, S)
    seeds = rates.shape[1]
    history = np.repeat(rates[..., None], epochs, 2) * (np.arange(epochs) >= epochs // 2)
    p = np.full(seeds, np.nan) if paired is None else np.asarray(paired)
    return judged(Histories(("CNN", "Spectral CNN"), tuple(range(seeds)), np.arange(epochs), history, 1000, p))


EIGHT = np.linspace(0.4, 0.6, 8)
CASES: list[tuple[object, object, Outcome, str]] = [
    (EIGHT, EIGHT * (0.24 + 0.05 * np.sin(np.arange(8))), "holds", "The report's claim holds here: the rate falls by"),
    (EIGHT, EIGHT * 0.9, "lower", "lower with Spectral CNN, by 10 % [10, 10], but not by the report's 76 %"),
    (EIGHT * 0.9, EIGHT, "higher", "The opposite of the report's claim"),
    (EIGHT, EIGHT[::-1], "not shown", "is not shown: chance alone"),
    (np.zeros(8), np.zeros(8), "not shown", "is not shown"),
    (EIGHT[:5], EIGHT[:5] * 0.24, "too few seeds", "cannot be told from 5 seeds"),
    ([0.9], [0.1], "too few seeds", "cannot be told from 1 seed."),
]


@pytest.mark.parametrize(
    ("first", "second", "outcome", "words"), CASES, ids=[f"{c[2]}-{i}" for i, c in enumerate(CASES)]
)
def test_verdicts(first: object, second: object, outcome: Outcome, words: str) -> None:
    found = made(first, second)
    assert found.outcome == outcome
    assert words in found.sentences[0]
    assert "nan" not in " ".join(found.sentences)
    assert found.summary == found.sentences[:3], "films say the beginning of it"


def test_a_reduction_that_holds_the_claim_is_not_enough_without_significance() -> None:
    """One seed in eight goes the other way, far enough: the interval is wide, and chance may explain it."""
    second = EIGHT * 0.2
    second[:3] = 0.9
    found = made(EIGHT, second)
    assert found.outcome == "not shown"
    assert found.p_seeds > 0.05


def test_numbers_behind_the_words() -> None:
    first, second = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]), np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    found = made(first, second, paired=[1e-9, 1e-9, 1e-9, 0.2, 1e-9, 1e-9])
    assert found.mean == pytest.approx((0.75, 0.2))
    assert found.seed_std == pytest.approx((first.std(ddof=1), second.std(ddof=1)))
    assert found.p_seeds == found.smallest_p == 2 / 64
    assert found.reduction[0] == pytest.approx(1 - 0.2 / 0.75)
    assert np.isnan(found.p_epochs)
    assert found.swing == (0, 0)
    assert found.widest == 1.0
    text = " ".join(found.sentences)
    assert "75.0 % (CNN) and 20.0 % (Spectral CNN)" in text
    assert "p = 0.031; the least that 6 seeds can give is 0.031" in text
    assert "lower in 5 and higher in 0 of the 6 pairs" in text


def test_one_seed_has_no_test_over_seeds() -> None:
    found = made([0.9], [0.1], paired=[1e-30])
    assert np.isnan(found.p_seeds)
    assert found.smallest_p == 1
    assert found.p_epochs == 0.5, "both stood still since the step: two blocks of a history that remembers"
    text = " ".join(found.sentences)
    assert "p = 0.5, which says nothing of other seeds" in text
    assert "p = 1e-30, which says nothing of other epochs or seeds" in text
    assert np.isnan(found.seed_std).all()
    assert np.isnan(found.reduction[1:]).all()


def test_swings_are_told_within_and_over_trainings() -> None:
    rng = np.random.default_rng(0)
    rates = rng.random((2, 2, 30))
    found = judged(Histories(("A", "B"), (0, 1), np.arange(30), rates, 100, np.ones(2)))
    assert found.swing == pytest.approx(np.ptp(rates[..., -LAST_EPOCHS:], axis=2).mean(1))
    assert found.widest == pytest.approx(np.ptp(rates, axis=2).max())
    assert found.histories.by_seed == pytest.approx(rates[..., -LAST_EPOCHS:].mean(2))


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
